// @module-tag browser
// With it come TensorFlow.js' gradients.
import '@tensorflow/tfjs-layers';
import {beforeAll, describe, it} from 'vitest';
import {correctedSamples, expectRightGradient} from '../autodiff/gradients/samples.js';
import {expectOneFunction, joints} from '../autodiff/rules/joint-samples.js';
import {engines, useEngine} from './engines.js';

// Programs are compiled in software: one of each kind.
const chosen = [
  'maxPool of 3 every 1, same',
  'maxPool of 2 every 3, same',
  'avgPool of 3 every 2, same',
  'maxPool3d of [1,3,2] every [1,3,2], same',
  'maxPool3d of 3 every 2, same',
  'avgPool3d of 2 every 2, same',
  'resizeBilinear to 5 × 7, half pixels',
  'resizeBilinear to 5 × 7, corners',
  'resizeNearestNeighbor to 5 × 7, half pixels',
  'resizeNearestNeighbor to 6 × 8, neither',
  'conv3d of 3 × 2 × 1 every 1 × 2 × 1, same, in its input',
  'conv3d of 3 × 2 × 1 every 1 × 2 × 1, same, in its filter',
  'cumsum along axis 0',
  'cumsum of nine',
  'mirrorPad, reflect',
  'max',
];
const tied = [
  'max',
  'abs',
  'maxPool of 3 every 1, same',
  'maxPool of 2 every 2, same',
  'maxPool3d of 2 every 1, valid',
];

describe.each(engines.filter(engine => engine !== 'cpu'))('in a browser, on %s,', engine => {
  beforeAll(() => useEngine(engine));

  it.each(chosen)('the gradient of %s is what differences show', name =>
    expectRightGradient(correctedSamples.find(sample => sample.name === name)!),
  );

  it.each(tied)('%s is differentiated as one function where elements tie', name =>
    expectOneFunction(joints.find(joint => joint.name === name)!),
  );
});
