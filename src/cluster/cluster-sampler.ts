import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Sampler} from '../callbacks/background/sampler.js';
import {snapshot} from '../callbacks/background/snapshot.js';
import type {MeasureArgs, Measurement} from '../callbacks/sampling/measure-curvature.js';
import type {Edge} from '../callbacks/sampling/read-edge.js';
import {TfjsHessianError} from '../errors.js';
import type {Batch} from '../model/batch.js';
import {readAnswer} from './answer-message.js';
import {
  closeQueue,
  connectQueue,
  forget,
  forgotten,
  type QueueArgs,
  type QueueConnection,
  stateOf,
} from './queue-connection.js';
import {untilAnswered} from './redis/until-answered.js';
import {type Parcel, pack, upload} from './upload.js';
import {WorkerWatch} from './worker-watch.js';

export interface ClusterSamplerArgs extends QueueArgs {
  /** How many samples may have been uploaded, or wait for it, and not come. */
  readonly limit: number;
}

/** A sample that has not come. */
interface Pending {
  /** Its name in Redis; `null` until it is there. */
  name: string | null;
  readonly end: (read: () => Measurement) => void;
  readonly fail: (error: unknown) => void;
}

const A_DAY = 86_400_000;

/** Milliseconds between two looks for the oldest answer: the first, and the most. */
const [FIRST_LOOK, MOST] = [20, 500];

/**
 * Gives samples to workers through a queue in Redis, and takes their answers, the oldest first.
 *
 * It asks Redis for the answer to the oldest sample, so nothing is lost with a connection.
 */
export class ClusterSampler implements Sampler {
  readonly isDead = false;
  private readonly pending: Pending[] = [];
  private connecting: Promise<QueueConnection> | null = null;
  private isLooking = false;
  private isDisposed = false;
  private wake: () => void = () => {};

  constructor(private readonly args: ClusterSamplerArgs) {}

  get isFull(): boolean {
    return this.pending.length >= this.args.limit;
  }

  /** Connects, while training makes its first steps. */
  open(): void {
    this.connection().catch(() => {});
  }

  measure(model: LayersModel, batch: Batch, args: MeasureArgs, edge: Edge, training: string): Promise<Measurement> {
    const taken = snapshot(0, model, batch, args, edge);
    return new Promise<Measurement>((resolve, reject) => {
      const settle = (act: () => void) => {
        const place = this.pending.indexOf(pending);
        if (place < 0) return;
        this.pending.splice(place, 1);
        act();
      };
      const pending: Pending = {
        name: null,
        // A promise, whose error rejects.
        end: read => settle(() => resolve(Promise.resolve().then(read))),
        fail: error => settle(() => reject(error)),
      };
      this.pending.push(pending);
      void this.send(
        pending,
        taken.then(request => pack(request, training, this.args)),
      );
    });
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    const names = this.pending.flatMap(({name}) => name ?? []);
    for (const pending of [...this.pending]) {
      pending.fail(new TfjsHessianError('The callback was disposed while a worker took a sample.'));
    }
    this.wake();
    this.connecting?.then(connection => closeQueue(connection, names)).catch(() => {});
  }

  private connection(): Promise<QueueConnection> {
    this.connecting ??= connectQueue(this.args);
    return this.connecting;
  }

  /** Uploads a sample, if need be again until Redis has not answered for too long. */
  private async send(pending: Pending, packing: Promise<Parcel>): Promise<void> {
    this.look();
    try {
      const parcel = await packing;
      const connection = await this.connection();
      await this.untilAnswered(pending, connection, () => upload(connection, parcel));
      pending.name = parcel.name;
      this.wake();
    } catch (error) {
      pending.fail(error);
    }
  }

  /** Asks Redis until it answers. Rejects if it does not for too long. */
  private untilAnswered<T>(pending: Pending, {fault}: QueueConnection, ask: () => Promise<T>): Promise<T> {
    const {address, redisTimeout: timeout} = this.args;
    return untilAnswered({address, fault, timeout, isOver: () => !this.pending.includes(pending)}, ask);
  }

  /** Looks for answers while samples are pending. */
  private look(): void {
    if (this.isLooking) return;
    this.isLooking = true;
    // The process lives while samples are pending; the connection alone would let it end.
    const alive = setInterval(() => {}, A_DAY);
    this.lookAll().finally(() => {
      clearInterval(alive);
      this.isLooking = false;
      if (this.pending.length > 0) this.look();
    });
  }

  private async lookAll(): Promise<void> {
    let pause = FIRST_LOOK;
    const workers = new WorkerWatch(this.args, 'sample');
    while (this.pending.length > 0) {
      const [oldest] = this.pending as [Pending];
      const {name} = oldest;
      if (name !== null) {
        try {
          const connection = await this.connection();
          if (await this.untilAnswered(oldest, connection, () => this.take(oldest, name, connection))) {
            pause = FIRST_LOOK;
            workers.reset();
            continue;
          }
          const complaint = await workers.complaint(connection.redis).catch(() => null);
          if (complaint !== null) this.failAll(complaint);
        } catch (error) {
          // Redis is gone, and with it all samples that it has.
          this.failAll(error);
        }
      }
      if (this.pending.length === 0) return;
      await this.sleepUntilWoken(pause);
      pause = name === null ? FIRST_LOOK : Math.min(MOST, pause * 1.5);
    }
  }

  /** @returns whether the sample has come, or has failed. */
  private async take(pending: Pending, name: string, connection: QueueConnection): Promise<boolean> {
    const state = await stateOf(connection, name);
    if (state === 'waiting' || state === 'at work') return false;
    if (state === 'forgotten') {
      pending.fail(forgotten(this.args.address));
      return true;
    }
    pending.end(() => readAnswer(state.read()));
    await forget(connection, name).catch(() => {});
    return true;
  }

  private failAll(error: unknown): void {
    for (const pending of [...this.pending]) if (pending.name !== null) pending.fail(error);
  }

  private sleepUntilWoken(milliseconds: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
