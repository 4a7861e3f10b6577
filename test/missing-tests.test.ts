import {spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {noChromium} from './chromium.js';
import {packageFolder, repository} from './engine/run-source.js';

// Tests of a small project that has this one's configuration, on a machine where no browser is found.
describe('the end of a run on a machine without a browser', () => {
  let folder = '';

  beforeAll(() => {
    mkdirSync(join(repository, 'out'), {recursive: true});
    folder = mkdtempSync(join(repository, 'out', 'missing-tests-'));
    for (const file of ['chromium.ts', 'missing-tests.ts', 'needs.ts', 'reporter-plugin.ts'])
      cpSync(join(repository, 'test', file), join(folder, 'test', file));
    const finder = join(folder, 'test/chromium.ts');
    const nowhere = readFileSync(finder, 'utf8').replace(/const places = \[.*?\];/s, 'const places: string[] = [];');
    writeFileSync(finder, nowhere);
    writeFileSync(
      join(folder, 'vitest.config.ts'),
      `import {browserTag, countMissingTests} from './test/missing-tests.js';
export default {plugins: [countMissingTests], test: {tags: [browserTag]}};`,
    );
    writeFileSync(
      join(folder, 'test/page.test.ts'),
      `// @module-tag browser
import {beforeAll, it} from 'vitest';
beforeAll(() => { throw new Error('a browser is started'); });
it('shows', () => {});
it('draws', () => {});`,
    );
    writeFileSync(
      join(folder, 'test/mixed.test.ts'),
      `import {it} from 'vitest';
import {needs} from './needs.js';
it('computes', () => {});
it('opens', {tags: 'browser'}, () => { throw new Error('a browser is started'); });
it('reads', needs(false, 'its reader is missing.'), () => { throw new Error('no reader'); });`,
    );
  });
  afterAll(() => rmSync(folder, {recursive: true, force: true}));

  const runTests = (ci: boolean, ...args: string[]) => {
    const {CI: _, VITEST: __, CHROME_PATH: ___, ...rest} = process.env;
    const env = {...rest, PLAYWRIGHT_BROWSERS_PATH: join(folder, 'none'), ...(ci && {CI: 'true'})};
    const vitest = join(packageFolder('vitest'), 'vitest.mjs');
    return spawnSync(process.execPath, [vitest, 'run', ...args], {cwd: folder, env, encoding: 'utf8'});
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

  it('runs in CI all tests that need no browser', () => {
    const {status, stdout, stderr} = runTests(true, 'mixed', '--reporter=json');
    expect(JSON.parse(stdout)).toMatchObject({numPassedTests: 1, numFailedTests: 1, numPendingTests: 1});
    expect(stderr).toContain(`\n1 browser test not run: ${noChromium}\n`);
    expect(status).toBe(1);
  });
});
