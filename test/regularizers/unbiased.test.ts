import {beforeAll, describe, expect, it} from 'vitest';
import {probeVector} from '../../src/random.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import type {HessianTraceRegularizerArgs} from '../../src/regularizers/hessian-trace-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import {useEngine} from '../engines.js';
import {loadReferenceModel, readReference, referenceBatch, referenceNames} from '../references.js';
import {GradientReader, gradientOfStep, hasPenalty, minus, recompile, runStep, withConfigured} from './training.js';

const STEPS = 24;

/** Chosen so that each kind of layer and loss is there once, and sample weights, and shared and nested layers. */
const cases = [
  'mlp_tanh', 'cnn_relu_maxpool', 'batchnorm_training', 'binary_sigmoid_weighted', 'multi_output_weighted', 'shared_layer',
  'nested_model', 'lstm', 'embedding_conv1d', 'regression_layernorm_swish', 'depthwise_separable', 'loss_poisson',
].filter(name => referenceNames.includes(name) && hasPenalty(readReference(name))); // biome-ignore format: a list of names

const estimators: [string, Partial<HessianTraceRegularizerArgs>, ways: readonly ('attached' | 'configured')[]][] = [
  ['Rademacher probes', {}, ['attached', 'configured']],
  ['two Gaussian probes', {distribution: 'gaussian', probes: 2}, ['attached']],
  ['dropout of parameters', {estimator: 'dropout', keep: 0.5}, ['attached']],
];

describe('the mean over probes', () => {
  beforeAll(() => useEngine('native'));

  for (const [title, args, ways] of estimators) {
    for (const way of ways) {
      const some = title === 'Rademacher probes' ? cases : cases.slice(0, 2);
      it.each(some)(`of %s, ${way}, ${title}, moves by ∇ tr(H) within its standard error`, async name => {
        const reference = readReference(name);
        const {layer, traceGradient} = reference.penalty!;
        const batch = referenceBatch(reference);
        const regularizer = new HessianTraceRegularizer({strength: 1, seed: 11, ...args});
        let model = await loadReferenceModel(name, reference);
        const plain = gradientOfStep(model, batch);
        if (way === 'attached') attachRegularizer(model, regularizer, {layers: [layer]});
        else {
          const {loss} = model;
          model = await withConfigured(model, layer, regularizer);
          model.compile({optimizer: 'sgd', loss: loss as string});
        }
        const reader = new GradientReader();
        recompile(model, reader);
        const moves = Array.from({length: STEPS}, () => {
          runStep(model, batch);
          return minus(reader.of(model), plain);
        });
        // Along a few directions: the exact gradient's own and random ones. Six in all, so 5 errors are hardly chance.
        const directions = [traceGradient, ...[1, 2, 3, 4, 5].map(seed => probeVector(seed, 0, plain.length))];
        for (const direction of directions) {
          const along = moves.map(move => dot(move, direction));
          const mean = along.reduce((a, b) => a + b) / STEPS;
          const variance = along.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (STEPS - 1);
          const rounding = 1e-5 * Math.hypot(...direction) * Math.hypot(...traceGradient, ...plain);
          expect(Math.abs(mean - dot(traceGradient, direction))).toBeLessThan(
            5 * Math.sqrt(variance / STEPS) + rounding,
          );
        }
      });
    }
  }
});

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
