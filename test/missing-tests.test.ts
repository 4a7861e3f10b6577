import {readFileSync, writeFileSync} from 'node:fs';
import {beforeAll, describe, expect, it} from 'vitest';
import {noChromium} from './chromium.js';
import {noFirefox} from './firefox.js';
import {useSmallProject} from './small-project.js';

// Tests of a small project that has this one's configuration, on a machine where no browser is found.
describe('the end of a run on a machine without a browser', () => {
  const copied = ['chromium.ts', 'firefox.ts', 'in-path.ts', 'missing-tests.ts', 'needs.ts', 'reporter-plugin.ts'];
  const project = useSmallProject(copied, {
    'vitest.config.ts': `import {browserTag, countMissingTests} from './test/missing-tests.js';
export default {plugins: [countMissingTests], test: {tags: [browserTag]}};`,
    'firefox.config.ts': `import {countMissingTests, firefoxTag} from './test/missing-tests.js';
export default {plugins: [countMissingTests], test: {tags: [firefoxTag]}};`,
    'test/page.test.ts': `// @module-tag browser
import {beforeAll, it} from 'vitest';
beforeAll(() => { throw new Error('a browser is started'); });
it('shows', () => {});
it('draws', () => {});`,
    'test/mixed.test.ts': `import {it} from 'vitest';
import {needs} from './needs.js';
it('computes', () => {});
it('opens', {tags: 'browser'}, () => { throw new Error('a browser is started'); });
it('reads', needs(false, 'its reader is missing.'), () => { throw new Error('no reader'); });`,
  });
  beforeAll(() => {
    const finder = project.pathOf('test/chromium.ts');
    const nowhere = readFileSync(finder, 'utf8').replace(/const places = \[.*?\];/s, 'const places: string[] = [];');
    writeFileSync(finder, nowhere);
  });

  const runTests = (ci: boolean, ...args: string[]) => {
    const none = {CHROME_PATH: undefined, PLAYWRIGHT_BROWSERS_PATH: project.pathOf('none')};
    return project.run(args, {...none, CI: ci ? 'true' : undefined});
  };

  it('counts the skipped tests, gives the reasons, and does not fail', () => {
    const {status, stdout, stderr} = runTests(false);
    expect(stdout).toMatch(/1 passed.*4 skipped/);
    expect(stderr).toBe(`\n3 browser tests not run: ${noChromium}\n\n1 test not run: its reader is missing.\n`);
    expect(status).toBe(0);
  });

  it('fails in CI, also with other reporters', () => {
    const {status, stdout, stderr} = runTests(true, 'page', '--reporter=json');
    expect(JSON.parse(stdout)).toMatchObject({numFailedTests: 0, numPendingTests: 2});
    expect(stderr).toBe(`\n2 browser tests not run: ${noChromium}\n`);
    expect(status).toBe(1);
  });

  it('counts those that would run in Firefox, and does not fail in CI', () => {
    const {status, stderr} = project.run(['page', '--config', 'firefox.config.ts'], {PATH: '', CI: 'true'});
    expect(stderr).toBe(`\n2 browser tests not run: ${noFirefox}\n`);
    expect(status).toBe(0);
  });

  it('runs in CI all tests that need no browser', () => {
    const {status, stdout, stderr} = runTests(true, 'mixed', '--reporter=json');
    expect(JSON.parse(stdout)).toMatchObject({numPassedTests: 1, numFailedTests: 1, numPendingTests: 1});
    expect(stderr).toContain(`\n1 browser test not run: ${noChromium}\n`);
    expect(status).toBe(1);
  });
});
