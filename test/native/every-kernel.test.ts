import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {CompiledFunction} from '../../src/kernels/compiled-function.js';
import {onWarning} from '../../src/warnings.js';
import {kernelSamples} from '../autodiff/rules/kernel-samples.js';
import {SampledKernel} from '../autodiff/rules/recorded-kernel.js';
import {useEngine} from '../engines.js';

await useEngine('native');
const onThisEngine = new Set(tf.getKernelsForBackend('tensorflow').map(({kernelName}) => kernelName));
const kernels = Object.keys(kernelSamples).filter(name => onThisEngine.has(name));

describe('a TensorFlow graph, for every kernel with a rule', () => {
  beforeAll(() => useEngine('native'));

  it.each(kernels)('gives the bits of %s', name => {
    const warnings: string[] = [];
    const stop = onWarning(({message}) => warnings.push(message));
    for (const sample of kernelSamples[name]!) {
      const sampled = new SampledKernel(name, sample);
      const inputs = Object.values(sampled.inputs);
      // A kernel may return its input as it is; a function that does is not compiled.
      const body = (): Tensor[] =>
        sampled.run().map(output => (output.dtype === 'float32' ? tf.mul(output, 2) : output));
      const fn = new CompiledFunction('at once');
      tf.tidy(() => {
        const expected = body().map(output => [...output.dataSync()]);
        // The first call compiles the function.
        for (let call = 0; call < 2; call++)
          expect(fn.call(inputs, body).map(output => [...output.dataSync()])).toEqual(expected);
      });
      fn.dispose();
      tf.dispose(inputs);
    }
    stop();
    expect(warnings).toEqual([]);
  });
});
