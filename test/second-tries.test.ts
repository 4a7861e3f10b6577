import {spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {packageFolder, repository} from './engine/run-source.js';

let folder = '';

// A small project with this one's configuration.
beforeAll(() => {
  mkdirSync(join(repository, 'out'), {recursive: true});
  folder = mkdtempSync(join(repository, 'out', 'second-tries-'));
  for (const file of ['needs.ts', 'reporter-plugin.ts', 'second-tries.ts'])
    cpSync(join(repository, 'test', file), join(folder, 'test', file));
  writeFileSync(
    join(folder, 'vitest.config.ts'),
    `import {nameSecondTries, retry} from './test/second-tries.js';
export default {plugins: [nameSecondTries], test: {retry}};`,
  );
  writeFileSync(
    join(folder, 'test/turns.test.ts'),
    `import {expect, it} from 'vitest';
let turns = 0;
it('is steady', () => {});
it('needs two turns', () => expect(++turns).toBe(2));`,
  );
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const runTests = (ci: boolean) => {
  const {CI: _, VITEST: __, ...rest} = process.env;
  const vitest = join(packageFolder('vitest'), 'vitest.mjs');
  return spawnSync(process.execPath, [vitest, 'run'], {
    cwd: folder,
    env: {...rest, ...(ci && {CI: 'true'})},
    encoding: 'utf8',
  });
};

it('a test that needs two tries fails', () => {
  expect(runTests(false).status).toBe(1);
});

it('a test that needs two tries passes in CI, and the end of the run names it with its first failure', () => {
  const {status, stderr} = runTests(true);
  expect(stderr).toMatch(
    /Passed only at the second try, and must be mended:\n {2}test\/turns\.test\.ts > needs two turns\n {4}expected 1 to be 2/,
  );
  expect(stderr).not.toContain('is steady');
  expect(status).toBe(0);
});
