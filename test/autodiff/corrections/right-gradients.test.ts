// With it come TensorFlow.js' gradients.
import '@tensorflow/tfjs-layers';
import {beforeAll, describe, it} from 'vitest';
import type {EngineName} from '../../engines.js';
import {engines, useEngine} from '../../engines.js';
import {correctedSamples, expectRightGradient, isRunBy} from './samples.js';

describe.each<EngineName>([...engines, 'wasm'])('with right gradients, on %s,', engine => {
  beforeAll(() => useEngine(engine));

  it.each(correctedSamples.filter(sample => isRunBy(sample, engine)))(
    'that of $name is what differences show',
    sample => expectRightGradient(sample),
  );
});
