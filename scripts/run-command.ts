import {spawnSync} from 'node:child_process';

export interface CommandOptions {
  readonly input?: Buffer;
  readonly environment?: NodeJS.ProcessEnv;
  /** `show`: for commands that take their time and say what they do. Default: `capture`. */
  readonly stdout?: 'capture' | 'show';
}

/**
 * Runs a command to its end.
 *
 * @returns its standard output, unless it is shown.
 * @throws Error with the line in which the command says what is wrong.
 */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): string {
  const {status, stdout, stderr, error} = spawnSync(command, args, {
    stdio: ['pipe', options.stdout === 'show' ? 'inherit' : 'pipe', 'pipe'],
    env: {...process.env, ...options.environment},
    shell: process.platform === 'win32',
    ...(options.input && {input: options.input}),
  });
  if (status === 0) return String(stdout ?? '').trim();
  const lines = String(stderr ?? '').split('\n');
  const telling = lines.find(line => /error(?!.*code)|^E:/i.test(line)) ?? lines.findLast(line => line.trim() !== '');
  throw new Error(error?.message ?? telling?.trim() ?? `exit status ${status}`);
}
