import {execFile, execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import type {TestOptions} from 'vitest';
import {publish} from '../src/engine/cache.js';
import {withLock} from '../src/engine/lock.js';
import {repository} from './engine/run-source.js';
import {needs} from './needs.js';

/** What tells one set of packages from another. */
const NAME = 'python-readers-1';
const PACKAGES = ['tensorboard==2.21.0', 'setuptools<81', 'pyarrow==26.0.1'];
const out = join(repository, 'out');
const python = process.env.PYTHON ?? 'python3';

/** Options of tests that need TensorBoard's and Arrow's own readers, which the first such file installs below `out/`. */
export async function needsPythonReaders(): Promise<TestOptions> {
  const missing = "TensorBoard's and Arrow's readers cannot be installed";
  try {
    await withLock(
      join(out, `${NAME}.lock`),
      () => {},
      async () => {
        if (existsSync(join(out, NAME))) return;
        await publish(out, NAME, async draft => {
          await promisify(execFile)(python, ['-m', 'pip', 'install', '--quiet', '--target', draft, ...PACKAGES]);
        });
      },
    );
    return needs(true, missing);
  } catch (error) {
    console.warn(`${missing}: ${(error as Error).message}`);
    return needs(false, `${missing} with pip.`);
  }
}

/** What a Python script prints, as JSON. */
export function runPython(script: string, ...args: string[]): unknown {
  const env = {...process.env, PYTHONPATH: join(out, NAME)};
  return JSON.parse(execFileSync(python, ['-c', script, ...args], {encoding: 'utf8', maxBuffer: 1e8, env}));
}
