import {describe, expect, it} from 'vitest';
import {randomBits, uniform} from '../../../src/random.js';
import {jackknifeError} from '../../../src/regularizers/strength/jackknife.js';

const numbers = [3, 1, 4, 1, 5, 9, 2, 6];
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('jackknifeError', () => {
  it('of a mean is the standard deviation over √n', () => {
    const centre = mean(numbers);
    const variance = numbers.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (numbers.length - 1);
    expect(jackknifeError(numbers, mean)).toBeCloseTo(Math.sqrt(variance / numbers.length), 12);
  });

  it('of a ratio agrees with the scatter of the ratio over samples of the same size', () => {
    const bits = randomBits(1, 0);
    const draw = () => {
      const x = 1 + uniform(bits);
      return {x, y: 2 * x + uniform(bits)};
    };
    const ratio = (some: readonly {x: number; y: number}[]) => mean(some.map(({y}) => y)) / mean(some.map(({x}) => x));
    const groups = Array.from({length: 400}, () => Array.from({length: 40}, draw));
    const ratios = groups.map(ratio);
    const centre = mean(ratios);
    const scatter = Math.sqrt(mean(ratios.map(value => (value - centre) ** 2)));
    const error = mean(groups.map(group => jackknifeError(group, ratio)!));
    // 400 groups know their scatter to 3.5 %.
    expect(error / scatter).toBeGreaterThan(0.88);
    expect(error / scatter).toBeLessThan(1.12);
  });

  it('is not known for one item, and where a statistic is not finite', () => {
    expect(jackknifeError([1], mean)).toBeNull();
    expect(jackknifeError([0, 1], values => 1 / mean(values))).toBeNull();
  });
});
