import type {TestModule} from 'vitest/node';
import {findChromium, noChromium} from './chromium.js';
import {findFirefox, noFirefox} from './firefox.js';
import {inCi} from './needs.js';
import {reporterPlugin} from './reporter-plugin.js';

/** The tag of tests that drive a browser, which are skipped without one. A file has it by a comment, `@module-tag browser`. */
export const browserTag = tagOf(findChromium(), noChromium);

/** The same tag where tests run in Firefox. */
export const firefoxTag = tagOf(findFirefox(), noFirefox);

function tagOf(browser: unknown, missing: string) {
  return {
    name: 'browser',
    description: 'drives a browser',
    ...(browser === undefined && {skip: true, meta: {missing}}),
  };
}

/** Ends a run with a line for each thing that this machine lacks, with the number of tests that were not run for want of it. */
export const countMissingTests = reporterPlugin('count-missing-tests', {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, number>();
    for (const test of modules.flatMap(module => [...module.children.allTests('skipped')])) {
      const {missing} = test.meta();
      if (missing !== undefined) counts.set(missing, (counts.get(missing) ?? 0) + 1);
    }
    for (const [missing, count] of counts) {
      const kind = [noChromium, noFirefox].includes(missing) ? 'browser test' : 'test';
      console.error(`\n${loud(`${count} ${kind}${count === 1 ? '' : 's'} not run: ${missing}`)}`);
    }
    // What runs in Firefox has run in Chromium.
    counts.delete(noFirefox);
    if (counts.size > 0 && inCi) process.exitCode = 1;
  },
});

const loud = (line: string): string => (process.stderr.isTTY ? `\u001b[1;33m${line}\u001b[0m` : line);
