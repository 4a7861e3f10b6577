import type {ChildProcess} from 'node:child_process';
import {spawn} from 'node:child_process';
import {createWriteStream} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import type {Contestant} from '../harness/paired.js';
import {cacheFolder, peersFolder} from './environment.js';
import type {SubjectFiles} from './subject-files.js';

interface Answer {
  readonly milliseconds?: number;
  readonly value?: unknown;
  readonly error?: string;
  readonly loss?: number;
  readonly curvature?: number;
  readonly seconds?: number;
  readonly versions?: Record<string, string>;
}

/** A peer's numbers for a subject: the same as ours if it does the same work. */
export interface Prepared {
  readonly loss: number;
  /** vᵀ H v in the subject's direction. */
  readonly curvature: number;
}

export interface PeerArgs {
  /** Whether other processes use the machine: then PyTorch's threads wait without spinning, so that they do not block each other. */
  readonly isBusy?: boolean;
}

/** A Python process that runs one repetition of a task on request. */
export class Peer {
  private readonly child: ChildProcess;
  private readonly waiting: ((answer: Answer) => void)[] = [];
  private dead: string | null = null;
  private subject = '';
  /** Tasks that failed, and why. */
  readonly failures: Record<string, string> = {};

  constructor(
    readonly name: 'torch' | 'jax',
    python: string,
    log: string,
    {isBusy = false}: PeerArgs = {},
  ) {
    const env = {
      ...process.env,
      // What torch.compile has made is kept, so that it waits for the C++ compiler once.
      TORCHINDUCTOR_CACHE_DIR: join(cacheFolder(), 'bench-inductor'),
      ...(isBusy && !process.env.OMP_WAIT_POLICY && {OMP_WAIT_POLICY: 'PASSIVE'}),
    };
    this.child = spawn(python, [join(peersFolder, 'serve.py'), name], {stdio: ['pipe', 'pipe', 'pipe'], env});
    this.child.stderr!.pipe(createWriteStream(log));
    createInterface({input: this.child.stdout!}).on('line', line => this.waiting.shift()?.(JSON.parse(line)));
    this.child.on('error', error => this.end(error.message));
    this.child.on('close', code => this.end(`its process ended (${code}); ${log} has its last words`));
  }

  async versions(): Promise<Record<string, string>> {
    return (await this.ask({do: 'versions'})).versions!;
  }

  async prepare(subject: SubjectFiles): Promise<Prepared> {
    this.subject = subject.name;
    const {loss, curvature} = await this.ask({do: 'prepare', subject});
    return {loss: loss!, curvature: curvature!};
  }

  /** Processor seconds so far. */
  async processorSeconds(): Promise<number> {
    return this.dead === null ? (await this.ask({do: 'cpu'})).seconds! : 0;
  }

  async run(
    task: string,
    args: Readonly<Record<string, unknown>> = {},
  ): Promise<{milliseconds: number; value: unknown}> {
    const {milliseconds, value} = await this.ask({do: 'run', task, args});
    return {milliseconds: milliseconds!, value};
  }

  /** The tasks that the peer can run on its subject, after one try of each. The reasons of failures are kept. */
  async contestants(
    tasks: Readonly<Record<string, readonly [task: string, args?: Readonly<Record<string, unknown>>]>>,
  ) {
    const able: Record<string, Contestant> = {};
    for (const [name, [task, args]] of Object.entries(tasks)) {
      try {
        await this.run(task, args);
        able[name] = async () => (await this.run(task, args)).milliseconds;
      } catch (error) {
        this.failures[`${name}, ${this.subject}`] = (error as Error).message;
      }
    }
    return able;
  }

  stop(): void {
    this.child.stdin!.end();
  }

  private async ask(request: object): Promise<Answer> {
    if (this.dead !== null) throw new Error(this.dead);
    const answer = await new Promise<Answer>(resolve => {
      this.waiting.push(resolve);
      this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  private end(reason: string): void {
    this.dead ??= reason;
    for (const resolve of this.waiting.splice(0)) resolve({error: reason});
  }
}
