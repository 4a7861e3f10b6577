import {randomUUID} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {toError} from '../../streams/shielded.js';
import {waitAtMost} from '../../wait-at-most.js';
import {readReportAnswer} from '../answer-message.js';
import {
  closeQueue,
  connectQueue,
  forget,
  forgotten,
  type QueueArgs,
  type QueueConnection,
  type SampleState,
  stateOf,
} from '../queue-connection.js';
import {assertPeers} from '../redis/redis-client.js';
import {untilAnswered} from '../redis/until-answered.js';
import {type Parcel, packData, packModel, type SharedData, upload} from '../upload.js';
import {WorkerWatch} from '../worker-watch.js';
import type {Report, ReportData, ReportRequest} from './report-messages.js';

export interface MeasureModelsArgs extends QueueArgs {
  readonly count: number;
  readonly data: ReportData;
  /** Makes the request for a model by its number. What it throws is the model's end. */
  readonly requestOf: (index: number) => Omit<ReportRequest, 'data' | 'id' | 'report'>;
  /** Takes the end of a model, in any order: its report, or why there is none. */
  readonly onEnd: (index: number, end: Report | Error) => void;
  readonly signal: AbortSignal;
}

/** A model that is on its way. */
interface Pending {
  readonly index: number;
  readonly name: string;
  /** How often it was uploaded. */
  readonly tries: number;
  state: SampleState;
}

/** How many models lie in Redis that no worker has taken. */
const AHEAD = 2;

/** How often a model is uploaded to a Redis that loses it. */
const TRIES = 3;

/** Milliseconds that Redis gets to answer first. */
const FIRST = 5_000;

/** Milliseconds between two looks: the first, and the most. */
const [FIRST_LOOK, MOST] = [20, 300];

/** Milliseconds that what is on its way gets to end after an abort, and Redis to remove what is left. */
const LEAVING = 100;

/**
 * Has many models reported by the workers of a queue. What is in Redis is removed at the end; a worker that still measures stops within
 * seconds.
 *
 * @throws ClusterError if Redis does not answer, or no worker is there, for too long; what the signal is aborted with. Models that have ended
 *   before have been handed over.
 */
export async function measureModels(args: MeasureModelsArgs): Promise<void> {
  assertPeers('--redis');
  const connection = await connectQueue(args);
  // The process lives meanwhile; the connection alone would let it end.
  const alive = setInterval(() => {}, 86_400_000);
  const run = new Run(args, connection);
  const work = run.all();
  try {
    await untilAborted(args.signal, work);
  } finally {
    // An upload on its way would leave its keys.
    await waitAtMost(
      LEAVING,
      work.catch(() => {}),
    );
    await run.close();
    clearInterval(alive);
  }
}

class Run {
  private readonly report = randomUUID();
  private readonly data: SharedData;
  private readonly keys = new Set<string>();
  private readonly pending: Pending[] = [];
  private readonly workers: WorkerWatch;

  constructor(
    private readonly args: MeasureModelsArgs,
    private readonly connection: QueueConnection,
  ) {
    this.workers = new WorkerWatch(args, 'checkpoint');
    this.data = packData(args.data);
  }

  async all(): Promise<void> {
    const {count, redisTimeout, signal} = this.args;
    const {redis} = this.connection;
    await this.ask(() => redis.ping(), Math.min(FIRST, redisTimeout));
    let [next, pause] = [0, FIRST_LOOK];
    while (next < count || this.pending.length > 0) {
      signal.throwIfAborted();
      if (await this.look()) {
        pause = FIRST_LOOK;
        this.workers.reset();
      } else if (next < count && this.pending.filter(({state}) => state === 'waiting').length < AHEAD) {
        await this.send(next++, 1);
      } else {
        const complaint = await this.workers.complaint(redis).catch(() => null);
        if (complaint !== null) throw complaint;
        await sleep(pause, undefined, {signal}).catch(() => {});
        pause = Math.min(MOST, 1.5 * pause);
      }
    }
  }

  /** Removes from Redis what is left. */
  close(): Promise<void> {
    const names = this.pending.map(({name}) => name);
    const {signal} = this.args;
    return closeQueue(this.connection, names, {keys: [...this.keys], ...(signal.aborted && {milliseconds: LEAVING})});
  }

  /** Asks Redis until it answers. What fails then ends the run. */
  private ask<T>(command: () => Promise<T>, timeout = this.args.redisTimeout): Promise<T> {
    const {address, signal} = this.args;
    return untilAnswered({address, fault: this.connection.fault, timeout, isOver: () => signal.aborted}, command);
  }

  private async send(index: number, tries: number): Promise<void> {
    const {requestOf, onEnd} = this.args;
    let parcel: Parcel;
    try {
      parcel = packModel({report: 1, id: 0, ...requestOf(index)}, this.data, [this.report, index], this.args);
    } catch (error) {
      onEnd(index, toError(error));
      return;
    }
    for (const key of parcel.shared.keys()) this.keys.add(key);
    // Before the upload, which may be stopped on its way.
    this.pending.push({index, name: parcel.name, tries, state: 'waiting'});
    await this.ask(() => upload(this.connection, parcel));
  }

  /** Looks at all that are on their way. @returns whether one has ended, or was taken. */
  private async look(): Promise<boolean> {
    let hasNews = false;
    for (const pending of [...this.pending]) {
      const state = await this.ask(() => stateOf(this.connection, pending.name));
      hasNews ||= state !== pending.state;
      pending.state = state;
      if (state !== 'waiting' && state !== 'at work') await this.end(pending, state);
    }
    return hasNews;
  }

  private async end(pending: Pending, state: Exclude<SampleState, 'waiting' | 'at work'>): Promise<void> {
    const {index, tries} = pending;
    this.pending.splice(this.pending.indexOf(pending), 1);
    if (state === 'forgotten' && tries < TRIES) return this.send(index, tries + 1);
    if (state === 'forgotten') return this.args.onEnd(index, forgotten(this.args.address));
    let end: Report | Error;
    try {
      end = readReportAnswer(state.read());
    } catch (error) {
      end = toError(error);
    }
    this.args.onEnd(index, end);
    await forget(this.connection, pending.name).catch(() => {});
  }
}

/** Rejects at once when the signal is aborted. */
async function untilAborted(signal: AbortSignal, work: Promise<void>): Promise<void> {
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
