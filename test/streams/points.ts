import {TestScheduler} from 'rxjs/testing';
import {expect} from 'vitest';
import type {BlockSpectrum, LayerSpectrum} from '../../src/metrics/records.js';
import type {HessianSample} from '../../src/streams/hessian-sample.js';
import type {MetricPoint} from '../../src/streams/metric-points.js';

export function marbles(body: Parameters<TestScheduler['run']>[0]): void {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(body);
}

export function point(value: number, rest: Partial<MetricPoint> = {}): MetricPoint {
  return {metric: 'top', layer: null, run: 'r', epoch: 0, batch: null, step: 1, value, ...rest};
}

/** Points for marble diagrams, by letter: `{a: 1}` is a point of the network with value 1. */
export function points(values: Record<string, number>, rest: Partial<MetricPoint> = {}): Record<string, MetricPoint> {
  return Object.fromEntries(Object.entries(values).map(([letter, value]) => [letter, point(value, rest)]));
}

export function block(top: number): BlockSpectrum {
  return {
    parameters: 3,
    trace: {value: 2 * top, standardError: 0.5, probes: 2},
    frobenius: {value: 3 * top, standardError: null, probes: 1},
    largest: [{value: top, residual: 0.1}],
    smallest: [{value: -top, residual: 0.2}],
    density: {nodes: [[-top, top]], weights: [[0.25, 0.75]]},
    negativeMass: {value: 0.25, standardError: null, probes: 1},
  };
}

export function sample(top: number, rest: Partial<HessianSample> = {}): HessianSample {
  const layers: LayerSpectrum[] = ['a', 'b'].map((name, index) => ({
    name,
    index,
    className: 'Dense',
    ...block(top / (index + 2)),
    similarity: {wasserstein: 0.1, jensenShannon: 0.2},
  }));
  return {
    schema: 2,
    run: 'r',
    index: 0,
    epoch: 0,
    batch: null,
    step: 1,
    time: '2026-01-01T00:00:00.000Z',
    loss: 1,
    batchSize: 4,
    learningRate: 0.1,
    full: block(top),
    layers,
    weightNorms: {a: 3, b: 4},
    stability: {
      optimizer: 'SGD',
      sharpness: top,
      threshold: 20,
      ratio: top / 20,
      residual: 0.1,
      isPreconditioned: false,
    },
    cost: {gradientPasses: 10, milliseconds: 5, shareOfTraining: 0.1, skipped: 0},
    ...rest,
  };
}
