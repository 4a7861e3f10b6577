import {describe, expect, it} from 'vitest';
import {NumberColumn} from '../../../src/dashboard/runs/number-column.js';

const filled = (count: number, of: (i: number) => number, isExact = false): NumberColumn => {
  const column = new NumberColumn(isExact);
  for (let i = 0; i < count; i++) column.push(of(i));
  return column;
};

describe('a column of numbers', () => {
  it('keeps all digits of the newest 4,096 numbers, and seven of earlier ones', () => {
    const of = (i: number) => Math.sin(i + 1) * 10 ** (i % 60) * 1e-30;
    const count = 50_001;
    const column = filled(count, of);
    expect(column.length).toBe(count);
    for (let i = 0; i < count; i++) {
      const error = Math.abs(column.at(i) / of(i) - 1);
      // A float32 is rounded by at most 2⁻²⁴ of its size.
      expect(error).toBeLessThanOrEqual(i >= count - 4_096 ? 0 : 2 ** -24);
    }
    expect(column.at(0)).not.toBe(of(0));
  });

  it('keeps all digits of all numbers on request, and of numbers that float32 has not', () => {
    const steps = filled(40_000, i => 2 ** 24 + i, true);
    expect(steps.at(1)).toBe(2 ** 24 + 1);
    expect(steps.firstAtLeast(2 ** 24 + 12_345)).toBe(12_345);
    const huge = filled(40_000, i => (i === 7 ? 1e300 : 0.1));
    expect([huge.at(7), huge.at(8)]).toEqual([1e300, 0.1]);
    const tiny = filled(40_000, i => (i === 7 ? 1e-300 : 0.1));
    expect([tiny.at(7), tiny.at(8)]).toEqual([1e-300, 0.1]);
  });

  it('keeps numbers that repeat until another one comes, as they are', () => {
    const numbers = [0, -0, Number.NaN, 7.1, 1e300];
    for (const from of [1, 15, 16, 17, 4095, 4096, 4097, 9000]) {
      for (const first of numbers) {
        for (const then of numbers) {
          const column = filled(30_000, i => (i < from ? first : then), true);
          // `toBe` tells -0 from 0.
          for (const i of [0, from - 1]) expect(column.at(i)).toBe(first);
          for (const i of [from, 29_999]) expect(column.at(i)).toBe(then);
        }
      }
    }
  });

  it('takes no array for numbers that do not change', () => {
    const before = process.memoryUsage().arrayBuffers;
    const columns = [Number.NaN, 0.1].map(value => filled(1_000_000, () => value));
    // As arrays, they would have 8 MB each.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
    expect(columns.map(column => column.at(999_999))).toEqual([Number.NaN, 0.1]);
  });

  it('has NaN for no value and beyond its end', () => {
    const column = filled(30_000, i => i);
    column.push(null);
    expect([30_000, 30_001, -1].map(index => column.at(index))).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(new NumberColumn().at(-1)).toBeNaN();
  });
});
