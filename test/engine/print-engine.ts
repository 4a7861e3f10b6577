// Prints what `loadTensorFlow` gives, for the tests that need a process: libtensorflow is loaded once in each.
// Arguments: the folder of the source to load from, the preferred engine or nothing.
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import type * as nodeEntry from '../../src/node.js';

const [source = '', prefer] = process.argv.slice(2);
const {loadTensorFlow} = (await import(pathToFileURL(join(source, 'node.ts')).href)) as typeof nodeEntry;
const {tf, engine} = await loadTensorFlow(prefer ? {prefer: prefer as nodeEntry.EngineName} : {});
const core = await import('@tensorflow/tfjs-core');
const layers = await import('@tensorflow/tfjs-layers');

// tfjs' code for nested arrays calls what Node 23 removed.
const model = tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [2], kernelInitializer: 'ones'})]});
const [prediction] = (model.predict(tf.tensor2d([[1, 2]])) as nodeEntry.TensorFlow['Tensor']['prototype']).dataSync();
console.log(
  JSON.stringify({
    engine,
    active: tf.getBackend(),
    prediction,
    sameCopies: core.engine() === tf.engine() && core.Tensor === tf.Tensor && layers.Sequential === tf.Sequential,
  }),
);
