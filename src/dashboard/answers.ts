// What the page asks for, and what it is told: plain data that survives JSON.
import type {DensityRecord} from '../metrics/records.js';

/** A part of a run. */
export interface Ask {
  readonly run: string;
  /** Of its blocks, by their place: 0 is the network. */
  readonly blocks: readonly number[];
  /** Optimizer steps, both ends among them; `null` is the run's own end. */
  readonly from: number | null;
  readonly to: number | null;
}

/** A run, as a list of runs shows it. */
export interface RunFacts {
  /** Tells runs apart, also those of two files. */
  readonly key: string;
  readonly label: string;
  readonly samples: number;
  /** No sample will follow. */
  readonly hasEnded: boolean;
}

/** The network, or a layer. */
export interface BlockFacts {
  /** `null` is the network. */
  readonly layer: string | null;
  readonly className: string | null;
  readonly parameters: number;
}

/** A number over time. A moment that stands for several samples has the newest one's value. */
export interface Band {
  readonly value: readonly (number | null)[];
  /** What it may be off by, over all samples of the moment. */
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

export const bandNames = ['trace', 'top', 'bottom', 'similarity'] as const;
export type BandName = (typeof bandNames)[number];

export type BlockView = BlockFacts & {readonly place: number} & Readonly<Record<BandName, Band>>;

/** The moments of a view: one a sample, or one for a few. */
export interface Moments {
  readonly index: readonly number[];
  readonly step: readonly number[];
  readonly epoch: readonly number[];
  readonly batch: readonly (number | null)[];
  readonly time: readonly string[];
  readonly loss: readonly (number | null)[];
  readonly learningRate: readonly (number | null)[];
  /** How many samples it stands for. */
  readonly samples: readonly number[];
}

export const heatNames = ['top', 'trace', 'similarity'] as const;
export type HeatName = (typeof heatNames)[number];

/** All layers over time, a row a layer. */
export type HeatView = {readonly step: readonly number[]} & Readonly<
  Record<HeatName, readonly (readonly (number | null)[])[]>
>;

export interface PenaltyView {
  readonly step: readonly number[];
  readonly total: Band;
  readonly layers: readonly {readonly layer: string; readonly penalty: Band}[];
}

export interface RunView extends RunFacts {
  /** All of the run's blocks: the network, then its layers. */
  readonly all: readonly BlockFacts[];
  readonly moments: Moments;
  readonly blocks: readonly BlockView[];
  readonly heat: HeatView;
  readonly penalty: PenaltyView | null;
}

/** The densities of one moment. */
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

/** What is told of a sample at once. */
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
