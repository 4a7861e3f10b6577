import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Observable} from 'rxjs';
import {Subject} from 'rxjs';
import type {DeviceVerdict} from '../autodiff/webgpu/device-errors.js';
import {ShieldedObservable, toError} from '../streams/shielded.js';
import {offTape} from '../tfjs-internals/core/tape.js';

/** The penalty of a step. */
export interface PenaltyPoint {
  /** The training step, from 1. */
  readonly step: number;
  readonly total: number;
  /** The penalty of each layer, with the strength. A joint probe gives the total only. */
  readonly layers: Record<string, number>;
}

/** The penalties of steps, in the steps' order. They are read from the engine asynchronously; training does not wait. */
export class PenaltyStream {
  readonly penalty$: Observable<PenaltyPoint>;
  private readonly points = new Subject<PenaltyPoint>();
  private newest: Promise<void> = Promise.resolve();
  private pending = 0;
  private closed = false;

  constructor() {
    this.penalty$ = new ShieldedObservable(this.points, error => console.error(error));
  }

  /** Whether there are subscribers. Without them no values are needed. */
  get isObserved(): boolean {
    return this.points.observed && !this.closed;
  }

  /**
   * Emits the penalty of a step when it has been read.
   *
   * @param values the total, followed by the value of each layer; `null` for a penalty of zero without layers.
   */
  emit(step: number, values: Tensor | null, names: readonly string[], verdict: DeviceVerdict | null): void {
    if (!this.isObserved) return;
    const kept = values && offTape(() => tf.keep(tf.clone(values)));
    const read = (): Promise<ArrayLike<number>> => kept?.data() ?? Promise.resolve([0]);
    this.pending++;
    this.newest = this.deliver(this.newest, step, names, verdict === null ? read() : verdict().then(read)).finally(
      () => {
        kept?.dispose();
        this.pending--;
        if (this.closed && this.pending === 0) this.points.complete();
      },
    );
  }

  private async deliver(
    before: Promise<void>,
    step: number,
    names: readonly string[],
    reading: Promise<ArrayLike<number>>,
  ): Promise<void> {
    try {
      const [values] = await Promise.all([reading, before]);
      const layers = Object.fromEntries(names.map((name, i) => [name, values[i + 1]!]));
      this.points.next({step, total: values[0]!, layers});
    } catch (error) {
      this.points.error(toError(error));
    }
  }

  /** Completes the stream when all pending values have been emitted. */
  close(): void {
    this.closed = true;
    if (this.pending === 0) this.points.complete();
  }
}
