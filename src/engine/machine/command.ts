import {spawn} from 'node:child_process';

/** How a child process ended. */
export interface Outcome {
  /** The exit code; `null` if the command could not be started or a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** `show` gives our own standard output to the command, for progress bars. */
  readonly stdout?: 'capture' | 'show';
}

/** Runs a command to its end, without a shell. It does not throw if the command does not exist. */
export function run(command: string, args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.environment ?? process.env,
      stdio: ['ignore', options.stdout === 'show' ? 'inherit' : 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', error => resolve({code: null, stdout, stderr: `${command}: ${error.message}`}));
    child.on('close', code => resolve({code, stdout, stderr}));
  });
}

/** The last line that is not empty: compilers, pip and npm write the reason there. */
export function lastLine(text: string): string {
  const lines = text.split('\n').map(line => line.trim());
  return lines.findLast(line => line !== '') ?? 'no message';
}

/** The first line that matches, else the last line that is not empty. */
export function tellingLine(text: string, pattern: RegExp): string {
  const lines = text.split('\n').map(line => line.trim());
  return lines.find(line => pattern.test(line)) ?? lastLine(text);
}
