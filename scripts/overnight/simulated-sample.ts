import type {BlockSpectrum} from '../../src/metrics/records.js';
import type {HessianSample} from '../../src/streams/hessian-sample.js';

/** A block whose numbers drift and waver; 20 Lanczos steps, two probes. */
function block(i: number, k: number): BlockSpectrum {
  const top = 1 + 50 * Math.exp(-i / 20_000) * (1 + 0.3 * Math.sin(i * (k + 1)));
  const nodes = Array.from({length: 20}, (_, j) => (top * (j - 4)) / 15);
  const weights = nodes.map((_, j) => (j === 4 ? 0.81 : 0.01));
  const estimate = (value: number) => ({value, standardError: value / 17, probes: 2});
  return {
    parameters: 1000 * (k + 1),
    trace: estimate(3 * top),
    frobenius: estimate(1.3 * top),
    largest: [{value: top, residual: top / 1000}],
    smallest: [{value: -top / 4, residual: top / 1000}],
    density: {nodes: [nodes, nodes], weights: [weights, weights]},
    negativeMass: estimate(0.1),
  };
}

/** The sample `i`, from 0, of a simulated training. Its step is i + 1. */
export function simulatedSample(i: number, layerCount: number): HessianSample {
  const layers = Array.from({length: layerCount}, (_, k) => ({
    ...{...block(i, k + 1), name: `block_${k}/conv2d`, index: k, className: 'Conv2D'},
    similarity: {wasserstein: 0.1 + (k % 7) / 30, jensenShannon: 0.2},
  }));
  return {
    ...{schema: 2, run: 'overnight', index: i, epoch: Math.floor(i / 500), batch: i % 500, step: i + 1},
    ...{time: new Date().toISOString(), loss: 2 / (1 + i / 1000), batchSize: 32, learningRate: 0.1},
    ...{full: block(i, 0), layers, weightNorms: Object.fromEntries(layers.map(({name}) => [name, 1]))},
    stability: {
      ...{optimizer: 'SGD', sharpness: 10, threshold: 20, ratio: 0.5, residual: 0.01, isPreconditioned: false},
    },
    cost: {gradientPasses: 40, milliseconds: 200, shareOfTraining: 0.1, skipped: 0},
  };
}
