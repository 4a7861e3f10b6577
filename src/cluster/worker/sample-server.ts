import type {Job, Worker} from 'bullmq';
import type {Redis} from 'ioredis';
import type {SampleAnswer, SampleError} from '../../callbacks/background/messages.js';
import {toError} from '../../streams/shielded.js';
import {waitAtMost} from '../../wait-at-most.js';
import {packAnswer} from '../answer-message.js';
import type {ReportAnswer} from '../reports/report-messages.js';
import {HEARTBEAT, keysOf, megabytes} from '../sample-queue.js';
import {readRequest} from './read-request.js';
import {SampleThread} from './sample-thread.js';
import {wayOut} from './way-out.js';

/** How a worker takes its samples. */
export interface SampleServerArgs {
  readonly queue: string;
  /** How many samples are taken at once, each in a thread of its own. */
  readonly concurrency: number;
  /** Modules of the user with custom classes. */
  readonly imports: readonly string[];
  /** Whether it ends after one sample. */
  readonly once: boolean;
  /** The largest sample in bytes. */
  readonly maxBytes: number;
  /** Bytes of memory above which threads are replaced by new ones. */
  readonly memory: number;
  /** Milliseconds that samples get to end when the worker is stopped; then they are given back. */
  readonly grace: number;
  /** Stops the worker. */
  readonly signal: AbortSignal;
  /** Ends the time of grace. */
  readonly hurry: AbortSignal;
  /** Takes a line about a sample, or about the connection. */
  readonly say: (line: string) => void;
}

/** What a worker is doing. */
export interface WorkerHealth {
  readonly taken: number;
  readonly failed: number;
  readonly atWork: number;
  readonly bytes: number;
}

/** Milliseconds that Redis gets to take samples back. */
const GIVING_BACK = 2_000;

/** Takes the samples of a queue in threads, and gives back those that have not ended when the worker is stopped. */
export class SampleServer {
  private readonly free: SampleThread[];
  private readonly all: readonly SampleThread[];
  private taken = 0;
  private failed = 0;
  private atWork = 0;
  private isGivingBack = false;
  private readonly atHand = new Set<Promise<string>>();
  private done: () => void = () => {};
  private readonly one = new Promise<void>(resolve => {
    this.done = resolve;
  });

  constructor(
    private readonly args: SampleServerArgs,
    private readonly redis: Redis,
    private readonly giveBack: (job: Job, token: string) => Promise<never>,
  ) {
    this.all = Array.from({length: args.concurrency}, () => new SampleThread(args.imports));
    this.free = [...this.all];
  }

  get health(): WorkerHealth {
    const {taken, failed, atWork} = this;
    return {taken, failed, atWork, bytes: process.memoryUsage.rss()};
  }

  /** Takes a sample, or gives it back. An error of the sample is an answer too. */
  async serve(job: Job, token: string): Promise<string> {
    const work = this.take(job, token);
    this.atHand.add(work);
    try {
      return await work;
    } finally {
      this.atHand.delete(work);
    }
  }

  private async take(job: Job, token: string): Promise<string> {
    // After its one sample, or its end, a worker takes no more.
    if (this.isGivingBack || (this.args.once && this.taken + this.atWork > 0)) return this.giveBack(job, token);
    const thread = this.free.pop()!;
    this.atWork++;
    const began = performance.now();
    try {
      const answer = await this.answer(job, thread);
      if (this.isGivingBack) return await this.giveBack(job, token);
      this.count(job, answer, (performance.now() - began) / 1000);
      return packAnswer(answer);
    } finally {
      this.atWork--;
      this.boundMemory(thread);
      this.free.push(thread);
      if (this.taken > 0) this.done();
    }
  }

  /** Resolves when the worker is to end: after a signal and a time of grace, or after its one sample. */
  async untilStopped(worker: Worker): Promise<void> {
    const {signal, hurry, grace, once} = this.args;
    await Promise.race([aborted(signal), ...(once ? [this.one] : [])]);
    await waitAtMost(grace, Promise.race([worker.pause().catch(() => {}), aborted(hurry)]));
    this.isGivingBack = true;
    await Promise.all(this.all.map(thread => thread.end()));
    await waitAtMost(GIVING_BACK, Promise.allSettled(this.atHand));
  }

  /** Removes a sample whose message is gone: nobody asks for its answer. */
  async removeUnwanted(job: Job): Promise<void> {
    if (await this.isUnwanted(job)) await job.remove().catch(() => {});
  }

  private async isUnwanted({id}: Job): Promise<boolean> {
    const {redis, args} = this;
    if (redis.status !== 'ready') return false;
    return (await redis.exists(keysOf(args.queue).message(id!)).catch(() => 1)) === 0;
  }

  /** A thread that has ended holds no model and no engine. The next sample starts another. */
  private boundMemory(thread: SampleThread): void {
    const {memory, say} = this.args;
    const bytes = process.memoryUsage.rss();
    if (bytes <= memory) return;
    say(`memory ${megabytes(bytes)} is above ${megabytes(memory)}; the next sample gets a new thread`);
    void thread.end();
  }

  private async answer(job: Job, thread: SampleThread): Promise<SampleAnswer | ReportAnswer> {
    const {queue, maxBytes} = this.args;
    let isOver = false;
    const looks = setInterval(async () => {
      if ((await this.isUnwanted(job)) && !isOver) void thread.end('Nobody waits for it any more.');
    }, 1000 * HEARTBEAT);
    try {
      const request = await readRequest(this.redis, queue, job.id!, job.data, maxBytes);
      const answer = await thread.take(request);
      return 'error' in answer ? {...answer, error: withWayOut(answer.error)} : answer;
    } catch (thrown) {
      const {name, message} = toError(thrown);
      return {id: 0, error: {name, message}};
    } finally {
      isOver = true;
      clearInterval(looks);
    }
  }

  private count(job: Job, answer: SampleAnswer | ReportAnswer, seconds: number): void {
    this.taken++;
    const what = `${job.name === 'report' ? 'report' : 'sample'} ${job.id!.slice(0, 8)}`;
    if ('error' in answer) {
      this.failed++;
      this.args.say(`${what} failed after ${seconds.toFixed(1)} s: ${answer.error.message}`);
    } else {
      this.args.say(`${what} taken in ${seconds.toFixed(1)} s`);
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}

/** Says how to make an unknown class known to this worker. */
function withWayOut(error: SampleError): SampleError {
  if (error.unknown === undefined) return error;
  return {...error, message: wayOut(error.unknown)};
}
