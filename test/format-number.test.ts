import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {formatEstimate, formatNumber} from '../src/format-number.js';

describe('an estimate as text', () => {
  it.each([
    [12.3456, 0.81, '12.35 ± 0.81'],
    [12.3456, 8.1, '12.3 ± 8.1'],
    [-0.01234, 0.00056, '-0.01234 ± 0.00056'],
    [93.89, 2.573, '93.9 ± 2.6'],
    [0.03, 15, '0.03 ± 15'],
    [0, 0.1, '0 ± 0.1'],
    [12.3456, 1e-9, '12.35'],
    [12.3456, 0, '12.35'],
    [0, 0, '0'],
    [12.3456, null, '12.35 ± ?'],
  ])('%d with the error %d is %s', (value, error, expected) => {
    expect(formatEstimate(value, error)).toBe(expected);
  });

  it('is made for all finite numbers, and is wrong by less than its error or than half of the fourth digit', () => {
    const finite = fc.double({noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300});
    fc.assert(
      fc.property(finite, fc.double({min: 0, max: 1e300, noNaN: true}), (value, error) => {
        const [shown, width] = formatEstimate(value, error).split(' ± ').map(Number) as [number, number | undefined];
        // A value of one digit, far below its error, is wrong by at most half of that digit.
        expect(Math.abs(shown - value)).toBeLessThanOrEqual(Math.max(5.01e-4 * Math.abs(value), error));
        if (width !== undefined) expect(Math.abs(width - error)).toBeLessThanOrEqual(0.0501 * error);
      }),
    );
  });

  it('has as many digits as asked for', () => {
    expect([formatNumber(0.123456), formatNumber(0.123456, 2), formatNumber(1.234e-6, 3)]).toEqual([
      '0.1235',
      '0.12',
      '1.23e-6',
    ]);
  });
});
