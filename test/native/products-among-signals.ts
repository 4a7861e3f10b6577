// Computes products of a Hessian for some seconds while another process sends it about a thousand signals a second. Prints how many products
// it has made and how many differ from the first one.
import {spawn} from 'node:child_process';
import {hessian} from '../../src/index.js';
import {loadTensorFlow} from '../../src/node.js';

const MILLISECONDS = 2500;

const {tf} = await loadTensorFlow({prefer: 'native'});
const model = tf.sequential({
  layers: [
    tf.layers.dense({units: 512, inputShape: [256], activation: 'tanh'}),
    tf.layers.dense({units: 10, activation: 'softmax'}),
  ],
});
model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
const x = tf.randomNormal([128, 256], 0, 1, 'float32', 1);
const y = tf.oneHot(tf.range(0, 128, 1, 'int32').mod(tf.scalar(10, 'int32')), 10);
const H = await hessian(model, {x, y});
const v = tf.randomNormal([H.size], 0, 1, 'float32', 2).as1D();
const product = async (): Promise<Float32Array> => {
  const made = await H.matvec(v);
  const values = made.dataSync() as Float32Array;
  made.dispose();
  return values;
};
const first = await product();

let received = 0;
process.on('SIGWINCH', () => received++);
const sender = `
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    try {
      process.kill(${process.pid}, 'SIGWINCH');
    } catch {
      break;
    }
    for (const next = performance.now() + 1; performance.now() < next; );
  }`;
const child = spawn(process.execPath, ['-e', sender], {stdio: 'ignore'});
let [products, different] = [0, 0];
for (const end = performance.now() + MILLISECONDS; performance.now() < end; products++) {
  const values = await product();
  if (values.some((value, i) => value !== first[i])) different++;
  // Signals are counted between products.
  await new Promise(resolve => setImmediate(resolve));
}
child.kill();
console.log(JSON.stringify({products, different, received}));
