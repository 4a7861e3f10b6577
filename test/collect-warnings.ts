import {afterEach, beforeEach} from 'vitest';
import {onWarning, type WarningCode} from '../src/warnings.js';

/** The codes of the warnings of the test that runs, for the tests of a `describe`. */
export function collectWarnings(): WarningCode[] {
  const codes: WarningCode[] = [];
  let stop = () => {};
  beforeEach(() => {
    codes.length = 0;
    stop = onWarning(({code}) => codes.push(code));
  });
  afterEach(() => stop());
  return codes;
}
