import {describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import {builtInMetrics, type MetricName, metricOf} from '../../src/metrics/built-in.js';
import {logSpectrumDistance} from '../../src/metrics/comparison/log-spectrum-distance.js';
import {similarity} from '../../src/metrics/comparison/similarity.js';
import type {Metric, MetricContext} from '../../src/metrics/metric.js';
import type {BlockSpectrum, Estimate, LayerSpectrum} from '../../src/metrics/records.js';

const exactly = (value: number): Estimate => ({value, standardError: 0, probes: 4});

/** The exact spectrum of some eigenvalues. */
function block(values: readonly number[]): BlockSpectrum {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    parameters: values.length,
    trace: exactly(values.reduce((sum, x) => sum + x, 0)),
    frobenius: exactly(Math.hypot(...values)),
    largest: [{value: sorted.at(-1)!, residual: 0}],
    smallest: [{value: sorted[0]!, residual: 0}],
    density: {
      nodes: [sorted, sorted],
      weights: [sorted, sorted].map(row => row.map(() => 1 / row.length)),
    },
    negativeMass: exactly(values.filter(x => x < 0).length / values.length),
  };
}

const full = block([8, 4, 2, 1, 0.5, 0.2, 0, 0, -0.1, -0.5]);

const layers: LayerSpectrum[] = [
  [4, 1, -1],
  [8, 4, 2, 1, 0.5, 0.2, 0, 0, -0.1, -0.5],
  [2, 2, 2],
].map((values, index) => {
  const own = block(values);
  return {
    ...{...own, name: `layer_${index}`, index, className: 'Dense'},
    similarity: similarity(own.density, full.density),
    ...(index === 0 ? {topOverlap: 0.25, relativeFlatness: {value: 36, standardError: 2, probes: 4}} : {}),
  };
});

const context = (layer: LayerSpectrum | null, more: Partial<MetricContext> = {}): MetricContext => ({
  full,
  layers,
  layer,
  learningRate: 0.1,
  ...more,
});

const numberOf = (name: MetricName, layer: number | null, more?: Partial<MetricContext>): number => {
  const own = layer === null ? null : layers[layer]!;
  const result = builtInMetrics[name].compute(own ?? full, context(own, more));
  return typeof result === 'number' ? result : result.value;
};

describe('built-in metrics', () => {
  it('have the names of the documentation', () => {
    expect(Object.keys(builtInMetrics).sort()).toEqual(
      [
        'trace',
        'top',
        'bottom',
        'frobenius',
        'spectralNormRatio',
        'effectiveRank',
        'outliers',
        'powerLawExponent',
        'negativeMass',
        'similarity',
        'logSpectrumDistance',
        'topOverlap',
        'edgeOfStability',
        'relativeFlatness',
        'gradientNorm',
        'updateRatio',
        'gradientNoiseScale',
        'alpha',
        'heterogeneity',
        'middleMostSimilar',
        'traceShare',
      ].sort(),
    );
    for (const [name, metric] of Object.entries(builtInMetrics)) {
      expect(metric.name).toBe(name);
      expect(metric.describe.endsWith('.') || metric.describe.includes(';')).toBe(true);
      expect(['1', 'loss']).toContain(metric.unit);
    }
  });

  it('return what the record has', () => {
    expect(numberOf('trace', 0)).toBe(4);
    expect(numberOf('top', 0)).toBe(4);
    expect(numberOf('bottom', 0)).toBe(-1);
    expect(numberOf('frobenius', 0)).toBeCloseTo(Math.sqrt(18), 12);
    expect(numberOf('negativeMass', 0)).toBeCloseTo(1 / 3, 12);
  });

  it('agree with the formulas', () => {
    expect(numberOf('effectiveRank', 2)).toBeCloseTo(3, 12);
    expect(numberOf('effectiveRank', 0)).toBeCloseTo(16 / 18, 12);
    expect(numberOf('spectralNormRatio', 2)).toBeCloseTo(1 / 3, 12);
    expect(numberOf('edgeOfStability', 0)).toBeCloseTo(0.2, 12);
    expect(numberOf('relativeFlatness', 0)).toBe(36);
    expect(numberOf('topOverlap', 0)).toBe(0.25);
    expect(numberOf('logSpectrumDistance', 1)).toBeCloseTo(0, 12);
    expect(numberOf('logSpectrumDistance', 0)).toBeCloseTo(logSpectrumDistance(layers[0]!.density, full.density), 12);
    expect(numberOf('similarity', 1)).toBeCloseTo(0, 12);
    expect(numberOf('similarity', 0)).toBe(layers[0]!.similarity.wasserstein);
  });

  it('return the statistics of the gradient that were measured, and NaN for others', () => {
    const more = {gradient: {norm: 3, updateRatio: 0.01, noiseScale: 40}, alpha: -0.2};
    const names = ['gradientNorm', 'updateRatio', 'gradientNoiseScale', 'alpha'] as const;
    expect(names.map(name => numberOf(name, null, more))).toEqual([3, 0.01, 40, -0.2]);
    expect(names.map(name => numberOf(name, 0, more))).toEqual([3, 0.01, 40, Number.NaN]);
    const missing = {gradient: {norm: 3, updateRatio: null, noiseScale: null}, alpha: null};
    expect(names.map(name => numberOf(name, null, missing))).toEqual([3, Number.NaN, Number.NaN, Number.NaN]);
    expect(names.map(name => numberOf(name, null))).toEqual(names.map(() => Number.NaN));
  });

  it("sum the layers' relative flatness if these are all layers, and those without a kernel have none", () => {
    const [first] = layers;
    const bias = {...layers[2]!, parameters: full.parameters - first!.parameters, relativeFlatness: null};
    expect(numberOf('relativeFlatness', null, {layers: [first!, bias]})).toBe(36);
    expect(numberOf('relativeFlatness', null, {layers: [first!]})).toBeNaN();
  });

  it('have trace shares that add up to 1', () => {
    const shares = [0, 1, 2].map(index => numberOf('traceShare', index));
    expect(shares.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 12);
    expect(shares[2]).toBeCloseTo(6 / (4 + 15.1 + 6), 12);
  });

  it('rank the middle layer by similarity', () => {
    expect(numberOf('middleMostSimilar', null)).toBe(1);
    expect(numberOf('middleMostSimilar', 1)).toBe(1);
    expect([numberOf('middleMostSimilar', 0), numberOf('middleMostSimilar', 2)].sort()).toEqual([2, 3]);
  });

  it('have a heterogeneity of 0 for equal layers, and of more for these', () => {
    const same = [layers[0]!, {...layers[0]!, name: 'other'}];
    expect(numberOf('heterogeneity', null, {layers: same})).toBe(0);
    const [all, ...each] = [
      numberOf('heterogeneity', null),
      ...[0, 1, 2].map(index => numberOf('heterogeneity', index)),
    ];
    expect(all).toBeGreaterThan(0.1);
    expect(all).toBeLessThanOrEqual(1);
    expect((each[0]! + each[1]! + each[2]!) / 3).toBeCloseTo(all, 12);
  });

  it('are NaN where they have no meaning', () => {
    expect(numberOf('edgeOfStability', null, {learningRate: null})).toBeNaN();
    expect(numberOf('relativeFlatness', null)).toBeNaN();
    // A record of an earlier version has neither.
    expect(numberOf('relativeFlatness', 1)).toBeNaN();
    expect(numberOf('topOverlap', 1)).toBeNaN();
    expect(numberOf('topOverlap', null)).toBeNaN();
    expect(numberOf('logSpectrumDistance', null)).toBeNaN();
    expect(numberOf('similarity', null)).toBeNaN();
    expect(numberOf('traceShare', null)).toBeNaN();
    expect(numberOf('middleMostSimilar', null, {layers: layers.slice(0, 2)})).toBeNaN();
    expect(numberOf('heterogeneity', null, {layers: []})).toBeNaN();
    expect(numberOf('powerLawExponent', 0)).toBeNaN();
    const zero = block([0, 0, 0]);
    for (const name of ['effectiveRank', 'spectralNormRatio'] as const) {
      expect((builtInMetrics[name].compute(zero, context(null)) as Estimate).value).toBeNaN();
    }
  });

  it('propagate the errors of their inputs', () => {
    const noisy: BlockSpectrum = {
      ...full,
      trace: {value: 10, standardError: 1, probes: 4},
      frobenius: {value: 5, standardError: 0.25, probes: 4},
      largest: [{value: 4, residual: 0}],
    };
    const errorOf = (name: MetricName, own: BlockSpectrum): number | null =>
      (builtInMetrics[name].compute(own, context(null)) as Estimate).standardError;
    // The trace lies between 10 − 1.96 and 10 + 1.96: 4 / 8.04 is farther from 4 / 10 than 4 / 11.96 is.
    expect(1.96 * errorOf('spectralNormRatio', noisy)!).toBeCloseTo(4 / 8.04 - 0.4, 4);
    const exactNorm = {...noisy, frobenius: exactly(5)};
    expect(1.96 * errorOf('effectiveRank', exactNorm)!).toBeCloseTo((11.96 / 5) ** 2 - 4, 4);
    // Both together: more than either, and no more than their sum in the worst case.
    expect(errorOf('effectiveRank', noisy)!).toBeGreaterThan(errorOf('effectiveRank', exactNorm)!);
    const around0 = {...noisy, trace: {value: 0.5, standardError: 1, probes: 4}};
    expect(errorOf('spectralNormRatio', around0)).toBeNull();
    expect(errorOf('effectiveRank', around0)!).toBeGreaterThan(0);
    const unsure = {...noisy, trace: {value: 10, standardError: null, probes: 1}};
    expect(errorOf('effectiveRank', unsure)).toBeNull();
  });
});

describe('metricOf', () => {
  it('takes a name or a metric of your own', () => {
    const own: Metric = {name: 'parameters', unit: '1', describe: 'How many.', compute: ({parameters}) => parameters};
    expect(metricOf('top')).toBe(builtInMetrics.top);
    expect(metricOf(own)).toBe(own);
  });

  it('lists the known names where one is not known', () => {
    expect(() => metricOf('sharpness' as MetricName)).toThrow(InvalidArgumentError);
    expect(() => metricOf('sharpness' as MetricName)).toThrow('effectiveRank');
    expect(() => metricOf('toString' as MetricName)).toThrow(InvalidArgumentError);
  });
});
