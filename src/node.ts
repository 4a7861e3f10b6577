// The entry point `tfjs-hessian/node`: loads and sets up engines, and computes in threads.
export type {SampleWorker, SampleWorkerEvent} from './callbacks/background/sample-worker.js';
export type {NodeWorker} from './callbacks/background/worker-thread.js';
export type {ThreadsArgs} from './cluster/threads/threads.js';
export {threads} from './cluster/threads/threads.js';
export type {Engine, EngineName, LoadOptions, TensorFlow} from './engine/load.js';
export {loadTensorFlow} from './engine/load.js';
export type {NativePackageName} from './engine/packages/native-package.js';
export type {SetupOptions, SetupResult} from './engine/setup.js';
export {setup} from './engine/setup.js';
export type {ProductPlacement, ProductSource, ProductWorkers} from './operators/shards/product-workers.js';
