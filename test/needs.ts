import type {TestOptions} from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Why a test cannot run on this machine. The end of the run lists it. */
    missing?: string;
  }
}

/** Whether the run must not leave any test out. */
export const inCi = process.env.CI === 'true';

/**
 * Options of tests that need something of the machine. Without it they are skipped and counted at the end of the run. In CI they are
 * run, and fail.
 *
 * @param missing what to say when it is not there.
 */
export function needs(present: unknown, missing: string): TestOptions {
  return present || inCi ? {} : {skip: true, meta: {missing}};
}

export const noEngine = 'the native engine is not set up; `npm run setup` says why.';
export const noPython = 'Python 3 with pip is missing.';
