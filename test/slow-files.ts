import {relative} from 'node:path';
import type {TestModule} from 'vitest/node';
import {reporterPlugin} from './reporter-plugin.js';

/** How many files are named, and from how many seconds on. */
const MOST = 10;
const SLOW = 5;

/** Ends a run of several files with the slowest ones, and the seconds that each took. */
export const nameSlowFiles = reporterPlugin('name-slow-files', {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length < 2) return;
    const times = modules.map(module => ({module, seconds: secondsOf(module)}));
    const slow = times.filter(({seconds}) => seconds >= SLOW).sort((a, b) => b.seconds - a.seconds);
    if (slow.length === 0) return;
    const sum = times.reduce((total, {seconds}) => total + seconds, 0);
    const lines = slow
      .slice(0, MOST)
      .map(({module, seconds}) => `${seconds.toFixed(0).padStart(7)} s  ${relative('', module.moduleId)}`);
    console.error(
      `\nThe slowest of ${modules.length} files, which took ${sum.toFixed(0)} s together:\n${lines.join('\n')}`,
    );
  },
});

/** With imports and hooks. */
function secondsOf(module: TestModule): number {
  const {environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration} = module.diagnostic();
  return (environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration) / 1000;
}
