import {spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

/** Where the peers' programs are. */
export const peersFolder = dirname(fileURLToPath(import.meta.url));

/**
 * The Python of an environment with the peers. It is made in the user's cache the first time (two gigabytes, a few
 * minutes), and again when its list of packages changes.
 *
 * @throws Error that says what is missing; the bench goes on without peers then.
 */
export async function peerPython(say: (line: string) => void): Promise<string> {
  const files = ['requirements.txt', 'lean_torch.py'].map(name => join(peersFolder, name));
  const made = files.map(path => createHash('sha256').update(readFileSync(path)).digest('hex')).join('\n');
  const folder = join(cacheFolder(), 'bench-peers');
  const stamp = join(folder, 'made-from');
  const python = join(folder, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === made) return python;
  say(`Installing PyTorch, curvlinops, PyHessian and JAX into ${folder} (2 GB, once) …`);
  rmSync(folder, {recursive: true, force: true});
  mkdirSync(dirname(folder), {recursive: true});
  await run(process.env.PYTHON ?? 'python3', ['-m', 'venv', folder]);
  await run(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', '-r', files[0]!]);
  if (process.platform === 'linux') await run(python, [files[1]!]);
  await run(python, ['-c', 'import torch']);
  writeFileSync(stamp, made);
  return python;
}

/** Where the peers are kept from one run to the next. */
export function cacheFolder(): string {
  const {env, platform} = process;
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(os.homedir(), 'AppData/Local'), 'tfjs-hessian');
  if (platform === 'darwin') return join(os.homedir(), 'Library/Caches/tfjs-hessian');
  return join(env.XDG_CACHE_HOME ?? join(os.homedir(), '.cache'), 'tfjs-hessian');
}

function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {stdio: ['ignore', 'ignore', 'pipe']});
    let said = '';
    child.stderr.on('data', chunk => {
      said += chunk;
    });
    child.on('error', reject);
    child.on('close', code => {
      const last = said.trim().split('\n').at(-1);
      code === 0 ? resolve() : reject(new Error(`\`${command} ${args.join(' ')}\` failed: ${last}`));
    });
  });
}
