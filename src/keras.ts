// Models of Keras 2 and 3: in Node and in browsers.
export type {LayerClass, LoadKerasModelArgs, LossOfSamples} from './keras/loading/load-keras-model.js';
export {loadKerasModel} from './keras/loading/load-keras-model.js';
