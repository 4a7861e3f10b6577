// The entry point `tfjs-hessian/node`: loads and sets up engines. It must not import TensorFlow.js itself.
export type {Engine, EngineName, LoadOptions, TensorFlow} from './engine/load.js';
export {loadTensorFlow} from './engine/load.js';
export type {NativePackageName} from './engine/packages/native-package.js';
export type {SetupOptions, SetupResult} from './engine/setup.js';
export {setup} from './engine/setup.js';
