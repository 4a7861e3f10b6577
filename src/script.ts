// What a page without a bundler gets as `tfjsHessian`: all entry points that run in a browser, in one script.
export * from './estimators.js';
export * from './index.js';
export * from './keras.js';
export * from './metrics.js';
export * from './rules.js';
