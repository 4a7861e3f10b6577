import {spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll} from 'vitest';
import {packageFolder, repository} from './engine/run-source.js';

/**
 * A small project with parts of this one's test set-up, for the tests of a file.
 *
 * @param copied files of `test`.
 * @param files what its own files contain.
 */
export function useSmallProject(copied: readonly string[], files: Readonly<Record<string, string>>) {
  let folder = '';
  beforeAll(() => {
    mkdirSync(join(repository, 'out'), {recursive: true});
    folder = mkdtempSync(join(repository, 'out', 'small-project-'));
    for (const file of copied) cpSync(join(repository, 'test', file), join(folder, 'test', file));
    for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  });
  afterAll(() => rmSync(folder, {recursive: true, force: true}));
  return {
    /** The path of one of its files. */
    pathOf: (file: string) => join(folder, file),
    /** Runs its tests. Variables of the environment that are `undefined` are removed. */
    run(args: readonly string[], environment: Readonly<Record<string, string | undefined>> = {}) {
      const vitest = join(packageFolder('vitest'), 'vitest.mjs');
      const env = {...process.env, VITEST: undefined, ...environment};
      return spawnSync(process.execPath, [vitest, 'run', ...args], {cwd: folder, env, encoding: 'utf8'});
    },
  };
}
