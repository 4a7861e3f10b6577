import {describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import {batchSpread} from '../../src/metrics/batch-spread.js';
import {probeVector} from '../../src/random.js';

const batchesOf = (values: readonly number[], residual = 0) => values.map(value => [{value, residual}]);

describe('batchSpread', () => {
  it.each([2, 3, 8])(
    'has intervals of the mean and of one more batch that hold 95 percent of 2,000 draws: %s batches',
    count => {
      const draws = 2000;
      let [ofMean, ofNext] = [0, 0];
      for (let draw = 0; draw < draws; draw++) {
        const numbers = [...probeVector(draw, 3, count + 1, 'gaussian')].map(x => 5 + 2 * x);
        const [spread] = batchSpread(batchesOf(numbers.slice(0, count)));
        const {mean, lower, upper} = spread!;
        if (Math.abs(mean.value - 5) <= 1.96 * mean.standardError!) ofMean++;
        const next = numbers[count]!;
        if (lower <= next && next <= upper) ofNext++;
      }
      // 2,000 draws scatter by 0.5 %.
      for (const share of [ofMean / draws, ofNext / draws]) {
        expect(share).toBeGreaterThan(0.935);
        expect(share).toBeLessThan(0.965);
      }
    },
  );

  it('has one entry for each rank, and the deviation over the batches', () => {
    const spreads = batchSpread([
      [
        {value: 9, residual: 0},
        {value: 1, residual: 0},
      ],
      [
        {value: 11, residual: 0},
        {value: 3, residual: 0},
      ],
    ]);
    expect(spreads.map(({mean}) => mean.value)).toEqual([10, 2]);
    expect(spreads[0]!.deviation).toBeCloseTo(Math.SQRT2, 12);
    expect(spreads[0]!.mean.probes).toBe(2);
  });

  it('widens both intervals by the largest residual', () => {
    const [exact] = batchSpread(batchesOf([1, 2, 4]));
    const [rough] = batchSpread(batchesOf([1, 2, 4], 0.5));
    expect(exact!.lower - rough!.lower).toBeCloseTo(0.5, 12);
    expect(1.96 * (rough!.mean.standardError! - exact!.mean.standardError!)).toBeCloseTo(0.5, 4);
  });

  it('claims nothing for one batch', () => {
    expect(batchSpread(batchesOf([3]))).toEqual([
      {
        mean: {value: 3, standardError: null, probes: 1},
        deviation: null,
        lower: Number.NEGATIVE_INFINITY,
        upper: Number.POSITIVE_INFINITY,
      },
    ]);
  });

  it('refuses no batches, and batches that differ in length', () => {
    expect(() => batchSpread([])).toThrow(InvalidArgumentError);
    expect(() => batchSpread([[{value: 1, residual: 0}], []])).toThrow('The batches have 1, 0 eigenvalues');
  });
});
