import {describe, expect, it} from 'vitest';
import {armDifferences} from '../../study/analysis/arm-differences.js';
import {spectraFalls} from '../../study/analysis/spectra-falls.js';
import {holm, meanInterval} from '../../study/analysis/statistics.js';
import type {EncodedSpectrum} from '../../study/recipe/epoch-spectra.js';
import type {RecipeRecord} from '../../study/recipe/recipe-record.js';
import type {SpectraRecord} from '../../study/records/recipe-folder.js';
import {outcomeOf} from '../../study/report/evidence.js';

const record = (arm: string, seed: number, accuracy: number, trace: number) =>
  ({setting: 'lenet-mnist', arm, seed, test: {accuracy, loss: 0.1}, curvature: {trace}}) as RecipeRecord;

describe('differences of regularizers', () => {
  const records = [
    record('none', 1, 0.9, 10),
    record('none', 2, 0.92, 20),
    record('none', 3, 0.91, 30),
    record('htr', 3, 0.94, 15),
    record('htr', 1, 0.91, 20),
    record('middle', 1, 0.9, -1),
    record('middle', 2, 0.9, 1),
  ];

  it('are paired by seed, whatever the order, and corrected together', () => {
    const found = armDifferences(records, [
      ['htr', 'none'],
      ['middle', 'none'],
    ]);
    const expected = [meanInterval([3, 1]), meanInterval([0, -2])];
    expect(found.map(({accuracy}) => accuracy.n)).toEqual([2, 2]);
    for (const [i, {accuracy}] of found.entries()) expect(accuracy.mean).toBeCloseTo(expected[i]!.mean, 10);
    const adjusted = holm(expected.map(({p}) => p));
    for (const [i, {accuracy}] of found.entries()) expect(accuracy.adjusted).toBeCloseTo(adjusted[i]!, 8);
  });

  it('have the geometric mean of the traces’ ratios, or none where a trace is not positive', () => {
    const [htr, middle] = armDifferences(records, [
      ['htr', 'none'],
      ['middle', 'none'],
    ]);
    expect(htr!.trace!.mean).toBeCloseTo(Math.sqrt((20 / 10) * (15 / 30)), 10);
    expect(middle!.trace).toBeNull();
  });

  it('are left out where two regularizers share fewer than two seeds', () => {
    expect(armDifferences(records, [['middle', 'htr']])).toEqual([]);
  });
});

describe('the fall of top eigenvalue and trace', () => {
  const base64 = (values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer).toString('base64');
  const block = (layer: string | null, parameters: number, nodes: readonly number[]): EncodedSpectrum => ({
    ...{layer, parameters, nodes: base64(nodes)},
    weights: base64([0.5, 0.5]),
  });
  const training = (seed: number, last: number): SpectraRecord => ({
    ...{setting: 'lenet-mnist', seed},
    epochs: [
      {epoch: 0, blocks: [block(null, 4, [0, 8]), block('a', 2, [0, 4]), block('b', 2, [0, 4])]},
      {epoch: 1, blocks: [block(null, 4, [0, last]), block('a', 2, [0, 2]), block('b', 2, [0, 6])]},
    ],
  });

  it('is the last fifth of the epochs in the first fifth, as a geometric mean over seeds', () => {
    const [top, trace] = spectraFalls([training(1, 4), training(2, 1)]);
    for (const fall of [top!, trace!]) {
      expect(fall.ratio!.mean).toBeCloseTo(Math.sqrt((4 / 8) * (1 / 8)), 6); // float32 in the records
      expect([fall.fallingLayers, fall.layers, fall.seeds]).toEqual([1, 2, 2]);
    }
    expect(top!.course).toEqual([8, 2.5]);
    // Parameters × mean eigenvalue of the density.
    expect(trace!.course).toEqual([16, 5]);
  });

  it('has no ratio where a value is not positive', () => {
    const [, trace] = spectraFalls([training(1, -4), training(2, 1)]);
    expect(trace!.ratio).toBeNull();
  });
});

describe('the word for a claim', () => {
  const sure = (mean: number) => ({mean, adjusted: 0.01});
  const unsure = (mean: number) => ({mean, adjusted: 0.2});

  it('follows from the comparisons that are sure', () => {
    expect(outcomeOf([])).toBeNull();
    expect(outcomeOf([sure(1), sure(2)])).toBe('holds');
    expect(outcomeOf([sure(1), unsure(2)])).toBe('holds in part');
    expect(outcomeOf([sure(1), sure(-2)])).toBe('holds in part');
    expect(outcomeOf([unsure(1), unsure(2)])).toBe('not shown');
    expect(outcomeOf([unsure(1), sure(-2)])).toBe('does not hold');
  });
});
