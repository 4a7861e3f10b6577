// The requests of the page and the answers of the server: plain data that survives JSON.
import type {Finding} from '../advice/finding.js';
import type {DensityRecord} from '../metrics/records.js';

/** A part of a run that the page asks for. */
export interface Ask {
  readonly run: string;
  /** The places of the blocks: 0 is the network, then the layers. */
  readonly blocks: readonly number[];
  /** The first optimizer step; `null` for the start of the run. `to` is the last one, or `null` for the end of the run. */
  readonly from: number | null;
  readonly to: number | null;
}

/** A run in the list of runs. */
export interface RunFacts {
  /** Unique over all runs, also of several files. */
  readonly key: string;
  readonly label: string;
  readonly samples: number;
  /** The number of samples that failed, or are not finite. */
  readonly failed: number;
  /** The number of samples that were taken or failed. */
  readonly due: number;
  /** The newest failure. */
  readonly failure: {readonly step: number; readonly time: string; readonly message: string} | null;
  /** Whether no sample has come since the newest failed sample. */
  readonly isFailing: boolean;
  /** The newest sample: when it came, how long it took, and the share of the training time that sampling took so far. */
  readonly newest: {readonly time: string; readonly milliseconds: number; readonly share: number} | null;
  /** Whether no more samples will follow. */
  readonly hasEnded: boolean;
}

/** Consecutive failures of one kind. */
export interface FailureGroup {
  /** The step of the first of them. */
  readonly step: number;
  readonly lastStep: number;
  readonly epoch: number;
  /** The time of the last of them. */
  readonly time: string;
  /** The message of the last of them. */
  readonly message: string;
  readonly count: number;
  /** Whether samples failed; otherwise a sink or a subscriber. */
  readonly isSample: boolean;
}

export interface FailuresView {
  /** Where samples failed; `count` is how many, where several are one. */
  readonly step: readonly number[];
  readonly count: readonly number[];
  /** The newest first. */
  readonly groups: readonly FailureGroup[];
}

/** A number that `fit` has logged. */
export interface LogsView {
  readonly name: string;
  /** Whether it is that of sampled batches; otherwise the mean of each epoch. */
  readonly ofBatch: boolean;
  readonly step: readonly number[];
  readonly epoch: readonly number[];
  readonly band: Band;
}

/** The network or a layer. */
export interface BlockFacts {
  /** The name of the layer; `null` for the network. */
  readonly layer: string | null;
  readonly className: string | null;
  readonly parameters: number;
}

/** A number over time. A moment that stands for several samples has the value of the newest one. */
export interface Band {
  readonly value: readonly (number | null)[];
  /** The lower end of the error bars of all samples of the moment; `high` is the upper end. */
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

export const bandNames = ['trace', 'top', 'bottom', 'similarity', 'edge'] as const;
export type BandName = (typeof bandNames)[number];

/** Statistics of the gradient over time. `alpha` is the network's only. */
export interface GradientBands {
  readonly norm: Band;
  readonly updateRatio: Band;
  readonly noiseScale: Band;
  readonly alpha: Band;
}

export type BlockView = BlockFacts & {
  readonly place: number;
  /** `null` if no sample of the view has them. */
  readonly gradients: GradientBands | null;
} & Readonly<Record<BandName, Band>>;

/** The moments of a view: each stands for one or several samples. */
export interface Moments {
  readonly index: readonly number[];
  readonly step: readonly number[];
  readonly epoch: readonly number[];
  readonly batch: readonly (number | null)[];
  readonly time: readonly string[];
  readonly loss: readonly (number | null)[];
  readonly learningRate: readonly (number | null)[];
  /** The number of samples of each moment. */
  readonly samples: readonly number[];
}

export const heatNames = ['top', 'trace', 'similarity'] as const;
export type HeatName = (typeof heatNames)[number];

/** All layers over time, one row per layer. */
export type HeatView = {readonly step: readonly number[]} & Readonly<
  Record<HeatName, readonly (readonly (number | null)[])[]>
>;

export interface PenaltyView {
  readonly step: readonly number[];
  readonly total: Band;
  readonly layers: readonly {readonly layer: string; readonly penalty: Band}[];
}

export interface RunView extends RunFacts {
  /** All blocks of the run: the network, then its layers. */
  readonly all: readonly BlockFacts[];
  readonly moments: Moments;
  readonly blocks: readonly BlockView[];
  readonly heat: HeatView;
  readonly penalty: PenaltyView | null;
  readonly logs: readonly LogsView[];
  readonly failures: FailuresView;
  /** The time of the first sample. */
  readonly began: string | null;
  /** The optimizer to which the numbers `edge` belong; `null` if no sample names one. */
  readonly optimizer: string | null;
  /** Why the newest sample has no edge; `null` if it has one. */
  readonly noStability: string | null;
  /** What the whole run says so far, weightiest first. */
  readonly findings: readonly Finding[];
}

/** The densities at one moment. */
export interface SpectraMoment {
  readonly index: number;
  readonly step: number;
  readonly epoch: number;
  readonly blocks: readonly {
    readonly place: number;
    readonly parameters: number;
    readonly top: number | null;
    readonly density: DensityRecord;
  }[];
}

/** The numbers of a new sample, which are sent at once. */
export interface SampleNotice {
  readonly run: string;
  readonly index: number;
  readonly epoch: number;
  readonly batch: number | null;
  readonly step: number;
  readonly time: string;
  readonly loss: number;
  readonly learningRate: number | null;
  readonly trace: number;
  readonly traceStandardError: number | null;
  readonly top: number | null;
  readonly topResidual: number | null;
}
