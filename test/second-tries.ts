import type {TestModule} from 'vitest/node';
import {inCi} from './needs.js';
import {reporterPlugin} from './reporter-plugin.js';

/** How often a failed test runs again: once in CI, where nobody can start it again and other programs may take the processor. */
export const retry = inCi ? 1 : 0;

/** Ends a run with the tests that passed at the second try only. Each has a fault, or tests something that has one. */
export const nameSecondTries = reporterPlugin('name-second-tries', {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const unsteady = modules
      .flatMap(module => [...module.children.allTests('passed')])
      .filter(test => test.diagnostic()?.flaky);
    if (unsteady.length === 0) return;
    const lines = unsteady.map(test => {
      const [error] = test.result()?.errors ?? [];
      return `  ${test.module.relativeModuleId} > ${test.fullName}\n    ${error?.message.split('\n')[0] ?? ''}`;
    });
    console.error(`\nPassed only at the second try, and must be mended:\n${lines.join('\n')}`);
  },
});
