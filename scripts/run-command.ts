import {spawnSync} from 'node:child_process';

export interface CommandOptions {
  readonly input?: Buffer;
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Runs a command to its end.
 *
 * @returns its standard output.
 * @throws Error with the line in which the command says what is wrong.
 */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): string {
  const {status, stdout, stderr, error} = spawnSync(command, args, {
    env: {...process.env, ...options.environment},
    maxBuffer: 1e8,
    ...(options.input && {input: options.input}),
  });
  if (status === 0) return String(stdout).trim();
  const lines = String(stderr ?? '').split('\n');
  const telling = lines.find(line => /error(?!.*code)|^E:/i.test(line)) ?? lines.findLast(line => line.trim() !== '');
  throw new Error(error?.message ?? telling?.trim() ?? `exit status ${status}`);
}
