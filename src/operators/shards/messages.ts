import {isRecord} from '../../arguments/options.js';
import type {BatchOf} from '../../model/batch-tensors.js';
import type {PackedTensor} from '../../model/sent/packed-tensors.js';
import type {SentModel} from '../../model/sent/sent-model.js';
import type {UnknownClass} from '../../tfjs-internals/layers/unknown-class.js';

/** A curvature of a model's loss by name, for another thread. */
export interface CurvatureKind {
  readonly operator: 'hessian' | 'gaussNewton' | 'fisher' | 'empiricalFisher' | 'residualHessian';
  /** Of the Hessian: whether it includes the layers' regularizers. */
  readonly regularizers?: boolean;
  /** Of the Fisher information: how many labels are drawn for each sample. */
  readonly samples?: number;
}

/** A batch as a message. */
export type BatchMessage = BatchOf<PackedTensor>;

/** What a worker must know of an operator before it computes. */
export interface SetupMessage {
  readonly backend: string;
  readonly kind: CurvatureKind;
  readonly model: SentModel;
  readonly seed: number;
  /** The number of samples of each batch. */
  readonly sizes: readonly number[];
  /** What the worker's copy of the model must compute. */
  readonly witness: WitnessMessage;
}

/** A small batch, and the loss and gradient of the model there. */
export interface WitnessMessage {
  readonly batch: BatchMessage;
  readonly loss: number;
  readonly gradient: Float32Array;
}

/** What is to be computed on some batches: the loss and its gradient, or a product. */
export type TaskMessage =
  | {readonly type: 'gradient'}
  | {
      readonly type: 'product';
      /** As the arguments of `CurvatureMap.push`. */
      readonly from: readonly number[];
      readonly tangents: readonly PackedTensor[];
      readonly to: readonly number[];
      readonly probes: number | null;
    };

/** The sums over some batches. */
export interface AnswerMessage {
  readonly batches: number;
  readonly sums: readonly {
    readonly level: number;
    readonly index: number;
    readonly value: readonly (PackedTensor | null)[];
  }[];
  /** What it cost in products, each batch by its share of the samples. */
  readonly passes: number;
  /** The first batch whose derivatives are to be checked. */
  readonly doubtful: number | null;
}

/** Bytes that the linearizations of a worker may take: as given, or as many as its machine can spare; in any case at most so many. */
export interface MemoryLimit {
  readonly given: number | null;
  readonly atMost: number;
}

/** What is posted to a thread that serves products. Each names the backend, which the thread may have to load first. */
export type ThreadRequest = {readonly products: 1; readonly backend: string} & (
  | {readonly type: 'open'; readonly setup: Uint8Array; readonly memoryLimit: MemoryLimit}
  | {readonly type: 'batch'; readonly batch: number; readonly bytes: Uint8Array}
  | {readonly type: 'run'; readonly id: number; readonly task: Uint8Array; readonly batches: readonly number[]}
  | {readonly type: 'cancel'; readonly id: number}
);

/** What a thread that serves products posts. */
export type ThreadAnswer = {readonly products: 1} & (
  | {readonly type: 'ready'}
  | {readonly type: 'answer'; readonly id: number; readonly bytes: Uint8Array}
  | {readonly type: 'error'; readonly id: number; readonly error: ThreadError}
);

/** An error of a thread; `unknown` is a class that it does not know. */
export interface ThreadError {
  readonly name: string;
  readonly message: string;
  readonly unknown?: UnknownClass;
}

/** Whether a message is about products; those about samples go through the same threads. */
export function isAboutProducts(data: unknown): boolean {
  return isRecord(data) && data.products === 1;
}
