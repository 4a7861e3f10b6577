import {spawn} from 'node:child_process';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

export const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** Path of a package that this repository's tests depend on. */
export function packageFolder(name: string): string {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
}

export interface RunOptions {
  readonly cwd?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Default: the running Node. */
  readonly node?: string;
  /** Kills the process and its children, as the end of a container does, once standard output holds this text. */
  readonly killAt?: string;
}

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a TypeScript file, or a script with `-e`, in a Node process of its own. */
export function runSource(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const environment = {...process.env, ...options.environment};
  const child = spawn(options.node ?? process.execPath, ['--import', tsx, ...args], {
    cwd: options.cwd,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own.
    detached: options.killAt !== undefined,
  });
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (options.killAt && child.exitCode === null && stdout.includes(options.killAt))
        process.kill(-child.pid!, 'SIGKILL');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', code => resolve({code, stdout, stderr}));
  });
}

export const commandLine = join(repository, 'src/cli/main.ts');
