import {spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {packageFolder, repository} from './engine/run-source.js';

// Tests of a small project that has this one's configuration.
describe('the end of a run', () => {
  let folder = '';

  beforeAll(() => {
    mkdirSync(join(repository, 'out'), {recursive: true});
    folder = mkdtempSync(join(repository, 'out', 'slow-files-'));
    for (const file of ['reporter-plugin.ts', 'slow-files.ts'])
      cpSync(join(repository, 'test', file), join(folder, 'test', file));
    writeFileSync(
      join(folder, 'vitest.config.ts'),
      `import {nameSlowFiles} from './test/slow-files.js';
export default {plugins: [nameSlowFiles], test: {testTimeout: 20_000}};`,
    );
    writeFileSync(join(folder, 'test/quick.test.ts'), `import {it} from 'vitest';\nit('adds', () => {});`);
    writeFileSync(
      join(folder, 'test/slow.test.ts'),
      `import {it} from 'vitest';\nit('waits', () => new Promise(resolve => setTimeout(resolve, 5_100)));`,
    );
  });
  afterAll(() => rmSync(folder, {recursive: true, force: true}));

  const errorsOf = (...args: string[]) => {
    const {VITEST: _, ...env} = process.env;
    const vitest = join(packageFolder('vitest'), 'vitest.mjs');
    return spawnSync(process.execPath, [vitest, 'run', ...args], {cwd: folder, env, encoding: 'utf8'}).stderr;
  };

  it('names the files that took five seconds or more, also with other reporters', () => {
    expect(errorsOf('--reporter=json')).toMatch(
      /The slowest of 2 files, which took \d+ s together:\n +\d+ s {2}test\/slow\.test\.ts\n$/,
    );
  });

  it('says nothing of a run of one file', () => {
    expect(errorsOf('slow')).not.toContain('slowest');
  });
});
