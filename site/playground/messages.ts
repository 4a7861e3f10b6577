// What the page and the worker that trains say to each other.
import type {HessianSample, LossSurface, PenaltyPoint} from 'tfjs-hessian';
import type {EngineName, LiveSettings, Settings} from './settings.js';

/** The files of a user's own model and data. */
export interface OwnFiles {
  readonly model: readonly File[];
  readonly data: File | null;
  /** The name of a loss; '' for the one that the model was saved with. */
  readonly loss: string;
}

/** An engine that failed in a training. */
export interface EngineFailure {
  readonly engine: EngineName;
  /** The end of a sentence. */
  readonly why: string;
}

export interface SurfaceAsk {
  readonly directions: 'eigenvectors' | 'filterNormalized';
  readonly range: number;
  readonly points: number;
}

export type ToWorker =
  | {
      readonly kind: 'start';
      readonly settings: Settings;
      readonly own: OwnFiles;
      readonly failures: readonly EngineFailure[];
    }
  | {readonly kind: 'change'; readonly live: LiveSettings}
  | {readonly kind: 'pause'; readonly isPaused: boolean}
  | {readonly kind: 'surface'; readonly ask: SurfaceAsk};

export interface Started {
  readonly kind: 'started';
  readonly engine: EngineName;
  /** Why it is not the wanted engine or a faster one, a sentence each. */
  readonly notes: readonly string[];
  /** The layers that can be penalized. */
  readonly layers: readonly string[];
  readonly parameters: number;
  readonly rows: number;
}

export type FromWorker =
  | Started
  | {readonly kind: 'sample'; readonly sample: HessianSample}
  | {readonly kind: 'penalty'; readonly point: PenaltyPoint}
  | {readonly kind: 'step'; readonly step: number; readonly loss: number; readonly accuracy: number | null}
  | {readonly kind: 'surface'; readonly surface: LossSurface; readonly step: number}
  | {readonly kind: 'surfaceProgress'; readonly done: number; readonly total: number}
  /** The engine cannot go on. The training must begin again on another one. */
  | {readonly kind: 'engineFailed'; readonly failure: EngineFailure}
  /** Something failed; the training continues unless it `isOver`. */
  | {readonly kind: 'trouble'; readonly message: string; readonly isOver: boolean};
