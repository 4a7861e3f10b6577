import {execFile, execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {publish} from '../src/engine/cache.js';
import {withLock} from '../src/engine/lock.js';
import {repository} from './engine/run-source.js';

/** What tells one set of packages from another. */
const NAME = 'python-readers-1';
const PACKAGES = ['tensorboard==2.21.0', 'setuptools<81', 'pyarrow==26.0.1'];
const out = join(repository, 'out');
const python = process.env.PYTHON ?? 'python3';

/**
 * TensorBoard's and Arrow's own readers, installed below `out/` by the first test that asks for them.
 *
 * @returns whether they are there.
 */
export async function installPythonReaders(): Promise<boolean> {
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
    return true;
  } catch (error) {
    // In CI the tests that need it run all the same, and fail.
    console.warn(`TensorBoard's and Arrow's readers cannot be installed: ${(error as Error).message}`);
    return false;
  }
}

/** What a Python script prints, as JSON. */
export function runPython(script: string, ...args: string[]): unknown {
  const env = {...process.env, PYTHONPATH: join(out, NAME)};
  return JSON.parse(execFileSync(python, ['-c', script, ...args], {encoding: 'utf8', maxBuffer: 1e8, env}));
}
