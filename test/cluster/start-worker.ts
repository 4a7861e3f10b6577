import {type ChildProcess, spawn} from 'node:child_process';
import {commandLine, tsx} from '../engine/run-source.js';

/** A worker in a process of its own. */
export interface TestWorker {
  readonly child: ChildProcess;
  /** All that it has printed. */
  readonly output: () => string;
  /** Resolves when its output matches. */
  said(pattern: RegExp): Promise<void>;
  /** Its exit code when it has ended; `null` after a kill. */
  readonly ended: Promise<number | null>;
}

/** Starts `tfjs-hessian worker`. Without a URL it finds one in its environment. */
export function startWorker(
  url: string | null,
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): TestWorker {
  const child = spawn(
    process.execPath,
    ['--import', tsx, commandLine, 'worker', ...(url === null ? [] : ['--redis', url]), ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {...process.env, ...environment},
    },
  );
  let text = '';
  const looks = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      for (const look of looks) look();
    });
  }
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  return {
    child,
    output: () => text,
    said: pattern =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!pattern.test(text)) return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
        look();
        void ended.then(code => reject(new Error(`The worker ended with ${code} before it said ${pattern}:\n${text}`)));
      }),
    ended,
  };
}

/** Kills workers, waits for their ends and forgets them. */
export async function endWorkers(workers: TestWorker[]): Promise<void> {
  for (const {child} of workers) child.kill('SIGKILL');
  await Promise.all(workers.splice(0).map(({ended}) => ended));
}
