import type {BlockGradient, BlockSpectrum, GradientRecord} from '../../src/metrics/records.js';
import type {HessianSample} from '../../src/streams/hessian-sample.js';

/** A name with special characters, which every file must preserve. */
export const HOSTILE = 'a, "b"\n<i>é/ü</i>';

/** A sample in which all numbers differ. */
export function makeSample(index: number, {run = 'run-1', layers = ['conv', HOSTILE]} = {}): HessianSample {
  return {
    schema: 2,
    run,
    index,
    epoch: Math.floor(index / 2),
    batch: index % 2 === 0 ? null : index,
    step: 10 * (index + 1),
    time: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(),
    loss: 1 / (index + 3),
    batchSize: 32,
    learningRate: index % 3 === 0 ? null : 0.01,
    full: block(index, 100),
    layers: layers.map((name, i) => ({
      ...block(index + 0.1 * (i + 1), 10 * (i + 1)),
      name,
      index: i,
      className: 'Dense',
      similarity: {wasserstein: 0.1 + i + index / 7, jensenShannon: 0.2 + i},
    })),
    weightNorms: Object.fromEntries(layers.map((name, i) => [name, i + 1.5])),
    stability:
      index % 2 === 0
        ? null
        : {
            optimizer: 'Adam',
            sharpness: 900 + index,
            threshold: 3800,
            ratio: (900 + index) / 3800,
            residual: 0.25,
            isPreconditioned: true,
          },
    ...(index % 2 === 1 && {gradients: gradientsOf(index, layers)}),
    ...(index % 2 === 0 && {noStability: 'The optimizer is unknown.'}),
    cost: {gradientPasses: 42, milliseconds: 17.5, shareOfTraining: 0.25, skipped: 0},
  };
}

function gradientsOf(index: number, layers: readonly string[]): GradientRecord {
  const of = (i: number): BlockGradient => ({
    norm: 20 + index + i / 8,
    updateRatio: 1e-3 * (index + 2 * i),
    noiseScale: i === 1 ? null : 300 + index + i,
  });
  return {
    full: of(0),
    layers: Object.fromEntries(layers.map((name, i) => [name, of(i + 1)])),
    alpha: -0.4 + index / 16,
    parts: 8,
  };
}

function block(seed: number, parameters: number): BlockSpectrum {
  return {
    parameters,
    trace: {value: 10 + seed, standardError: seed === 0 ? null : 0.3 + seed / 10, probes: 2},
    frobenius: {value: 5 + seed / 3, standardError: 0.1, probes: 2},
    largest: [{value: 4 + seed, residual: 0.001}],
    smallest: [{value: -1 - seed, residual: 0.002}],
    density: {
      nodes: [
        [-1 - seed, 0, 4 + seed],
        [-0.5, 3 + seed],
      ],
      weights: [
        [0.25, 0.5, 0.25],
        [0.75, 0.25],
      ],
    },
    negativeMass: {value: 0.5 - seed / 100, standardError: 0.01, probes: 2},
  };
}
