import {describe, expect, it} from 'vitest';
import {leaveOneOut, NYSTROM} from '../../../src/estimators/traces/leave-one-out.js';
import {studentQuantile} from '../../../src/metrics/statistics/student-t.js';

describe('the error of leave-one-out estimates', () => {
  it("is that of the mean, widened by Student's t and a tenth, if the estimates share nothing", () => {
    const one = [3, 1, 4, 1, 5, 9, 2, 6];
    const m = one.length;
    const mean = one.reduce((sum, x) => sum + x, 0) / m;
    const ofMean = Math.sqrt(one.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (m * (m - 1)));
    const {value, standardError} = leaveOneOut({one, two: (_, j) => one[j]!}, NYSTROM);
    expect(value).toBe(mean);
    expect(standardError! / ofMean).toBeCloseTo((1.1 * studentQuantile(m - 1)) / 1.95996, 4);
  });

  it('is greater if the estimates depend on a vector that was left out', () => {
    const one = [3, 1, 4, 1, 5, 9, 2, 6];
    const apart = leaveOneOut({one, two: (_, j) => one[j]!}, NYSTROM);
    const shared = leaveOneOut({one, two: (i, j) => one[j]! - one[i]!}, NYSTROM);
    expect(shared.standardError!).toBeGreaterThan(1.5 * apart.standardError!);
  });

  it('is null for one vector, and 0 where all agree', () => {
    expect(leaveOneOut({one: [7], two: () => 7}, NYSTROM)).toEqual({value: 7, standardError: null});
    expect(leaveOneOut({one: [7, 7, 7], two: () => 7}, NYSTROM)).toEqual({value: 7, standardError: 0});
  });
});
