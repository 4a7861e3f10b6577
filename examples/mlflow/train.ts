// Curvature in MLflow: each sample becomes metrics of a run, by optimizer step.
//
//   npx tsx examples/mlflow/train.ts [--server http://127.0.0.1:5000 --experiment curvature --epochs 10]
import {parseArgs} from 'node:util';
import {concatMap, lastValueFrom} from 'rxjs';
import {HessianSpectrumCallback} from 'tfjs-hessian';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {mlflowRun} from './mlflow-run.js';

const {values} = parseArgs({
  options: {
    server: {type: 'string', default: 'http://127.0.0.1:5000'},
    experiment: {type: 'string', default: 'curvature'},
    epochs: {type: 'string', default: '10'},
  },
});

const {tf} = await loadTensorFlow();
const x = tf.randomNormal([256, 4], 0, 1, 'float32', 1);
const y = tf.oneHot(tf.argMax(x.slice([0, 0], [256, 3]), 1), 3).toFloat();
const model = tf.sequential({
  layers: [
    tf.layers.dense({name: 'hidden', units: 16, activation: 'tanh', inputShape: [4]}),
    tf.layers.dense({name: 'output', units: 3, activation: 'softmax'}),
  ],
});
const learningRate = 0.02;
model.compile({optimizer: tf.train.adam(learningRate), loss: 'categoricalCrossentropy'});

const run = await mlflowRun(values.server, values.experiment, {learningRate, optimizer: 'adam'});
const curvature = new HessianSpectrumCallback({batch: {x, y}, probes: 4});
// One request after the other, while the training goes on. An error ends what is sent, not the training.
const sent = lastValueFrom(curvature.samples$.pipe(concatMap(sample => run.log(sample))), {
  defaultValue: undefined,
}).then(
  () => 'FINISHED' as const,
  error => {
    console.error(error);
    return 'FAILED' as const;
  },
);
await model.fit(x, y, {epochs: Number(values.epochs), verbose: 0, callbacks: [curvature]});
curvature.dispose(); // completes samples$
await run.finish(await sent);
console.log(run.id);
