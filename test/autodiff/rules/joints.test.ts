// Registers TensorFlow.js' gradients.
import '@tensorflow/tfjs-layers';
import {beforeAll, describe, it} from 'vitest';
import type {EngineName} from '../../engines.js';
import {engines, useEngine} from '../../engines.js';
import {expectOneFunction, joints} from './joint-samples.js';

describe.each<EngineName>([...engines, 'wasm'])('at kinks, on %s,', engine => {
  beforeAll(() => useEngine(engine));

  it.each(joints.filter(({except = []}) => !except.includes(engine)))(
    'gradient, tangent and jet of $name belong to one function',
    joint => expectOneFunction(joint),
  );
});
