import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Disposable} from '../../owned.js';
import type {CurvatureMap} from '../blocks/curvature-map.js';
import type {LinearizedLoss} from './linearized-loss.js';

/** A push through a batch's map. */
export interface BatchPush {
  /** As `CurvatureMap.push`; the caller owns them. */
  readonly tangents: (Tensor | null)[];
  /** What it cost in products, the linearization included. */
  readonly passes: number;
}

/** A batch's map, and the bytes of its tensors. */
interface Measured {
  readonly map: CurvatureMap;
  bytes: number;
}

/** Linearizing costs about two gradients. */
const LINEARIZATION = 2;

/** Of a float32 number. */
const BYTES = 4;

/**
 * The linearizations of a data set's batches. As many as fit into a limit are kept for later products; the others are made anew
 * for each use. It owns what is kept.
 */
export class BatchMaps implements Disposable {
  private readonly kept = new Map<number, Measured>();
  private bytes = 0;

  /**
   * @param linearize linearizes a batch, by its position; the caller owns the result.
   * @param limit the bytes of all maps that are kept.
   */
  constructor(
    private readonly linearize: (batch: number, checked: boolean) => LinearizedLoss,
    private readonly limit: number,
  ) {}

  /** Linearizes a batch with its check, shows the loss, its gradient and the check, and keeps the map if there is room. */
  first(batch: number, show: (linearized: LinearizedLoss) => void): void {
    const made = this.make(batch, true, show);
    if (!this.keep(batch, made)) made.map.dispose();
  }

  /** Pushes through a batch's map. */
  push(batch: number, ...args: Parameters<CurvatureMap['push']>): BatchPush {
    const kept = this.kept.get(batch);
    const {map, bytes} = kept ?? this.make(batch, false);
    this.remove(batch);
    let isKept = false;
    try {
      const passes = map.passes;
      const before = tf.memory().numBytes;
      const tangents = map.push(...args);
      // A first push makes factors, which stay.
      const grown = tf.memory().numBytes - before - tangents.reduce((sum, each) => sum + bytesOf(each), 0);
      isKept = this.keep(batch, {map, bytes: bytes + grown});
      return {tangents, passes: map.passes - passes + (kept ? 0 : LINEARIZATION)};
    } finally {
      if (!isKept) map.dispose();
    }
  }

  dispose(): void {
    for (const {map} of this.kept.values()) map.dispose();
    this.kept.clear();
    this.bytes = 0;
  }

  private make(batch: number, checked: boolean, show: (linearized: LinearizedLoss) => void = () => {}): Measured {
    const before = tf.memory().numBytes;
    const linearized = this.linearize(batch, checked);
    const {map, loss, gradient, check} = linearized;
    const bytes = tf.memory().numBytes - before - bytesOf(loss) - bytesOf(gradient);
    try {
      show(linearized);
      return {map, bytes};
    } catch (error) {
      map.dispose();
      throw error;
    } finally {
      check?.dispose();
      tf.dispose([loss, gradient]);
    }
  }

  private keep(batch: number, measured: Measured): boolean {
    if (this.bytes + measured.bytes > this.limit) return false;
    this.kept.set(batch, measured);
    this.bytes += measured.bytes;
    return true;
  }

  private remove(batch: number): void {
    this.bytes -= this.kept.get(batch)?.bytes ?? 0;
    this.kept.delete(batch);
  }
}

function bytesOf(tensor: Tensor | null): number {
  return BYTES * (tensor?.size ?? 0);
}
