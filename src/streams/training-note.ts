/** The place of a note in a training. */
interface NoteMoment {
  readonly schema: 2;
  /** The id of the `fit` to which it belongs. */
  readonly run: string;
  /** The id of the first run of the training; see `HessianSample`. */
  readonly training?: string;
  /** Optimizer steps that are done, as in `HessianSample`. */
  readonly step: number;
  /** The time in ISO 8601. */
  readonly time: string;
}

/** A sample that failed, or another failure while a callback observes a training. Training is not affected. */
export interface FailureNote extends NoteMoment {
  readonly kind: 'failure';
  readonly epoch: number;
  readonly batch: number | null;
  /** `'sample'`: a sample that was due and failed; `'receiver'`: a sink that could not write, or a subscriber that threw. */
  readonly of: 'sample' | 'receiver';
  /** The name of the error. */
  readonly name: string;
  readonly message: string;
}

/** What `fit` logs: the loss with its regularizers, the metrics of `compile`, and those of the validation data. */
export interface LogsNote extends NoteMoment {
  readonly kind: 'logs';
  readonly epoch: number;
  /** The batch within the epoch if the logs are those of a sampled batch; `null` for the means over an epoch. */
  readonly batch: number | null;
  /** `null` for a number that is not finite, since JSON has none. */
  readonly logs: Readonly<Record<string, number | null>>;
  readonly learningRate: number | null;
}

/** The penalty of a training step. */
export interface PenaltyNote extends NoteMoment {
  readonly kind: 'penalty';
  /** `null` if it is not finite. */
  readonly total: number | null;
  /** By layer, with the strength. */
  readonly layers: Readonly<Record<string, number | null>>;
}

/** What the record of a training has beside its samples. Plain data that survives JSON. */
export type TrainingNote = FailureNote | LogsNote | PenaltyNote;

/** A number as JSON can keep it. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
