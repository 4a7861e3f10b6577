import type {Load, Machine} from './machine.js';
import type {Summary} from './summary.js';

/** Peak of bytes in tensors, minus the bytes before. */
export interface MemoryRecord {
  readonly gradient: number;
  /** While the linearization is made. */
  readonly making: number;
  /** Between products. */
  readonly held: number;
  /** During a product, including what is held. */
  readonly product: number;
}

export interface ProductsRecord {
  readonly title: string;
  readonly batchSize: number;
  readonly parameters: number;
  readonly layers: readonly {readonly name: string; readonly parameters: number}[];
  readonly rounds: number;
  /** Milliseconds; `baseline` is our gradient. A block of products counts as one. */
  readonly times: Record<string, Summary>;
  /** In gradients of ours. */
  readonly ratios: Record<string, Summary>;
  /** Our product over the peers'. */
  readonly against: Record<string, Summary>;
  /** The relative difference of the peers' loss and vᵀ H v from ours. */
  readonly agreement: Record<string, {readonly loss: number; readonly curvature: number}>;
  readonly memory: MemoryRecord;
}

/** Training steps of one subject. `middle` and `all` name the penalized layers; all steps are compiled but the plain ones. */
export interface TrainingRecord {
  readonly title: string;
  readonly batchSize: number;
  readonly rounds: number;
  /** Milliseconds; `baseline` is a plain step of TensorFlow.js with Adam. */
  readonly times: Record<string, Summary>;
  /** In plain steps of TensorFlow.js with Adam. */
  readonly ratios: Record<string, Summary>;
  /** Our step over PyTorch's of the same kind. */
  readonly against: Record<string, Summary>;
  /** Steps with SGD, in plain steps of TensorFlow.js with SGD. */
  readonly withSgd: Record<string, Summary>;
  /** PyTorch's penalized steps in its own plain ones. */
  readonly peerRatios: Record<string, number>;
  /** Milliseconds of the slower one of the first two steps: the second one records and loads the graph. */
  readonly firstStep: Record<string, number>;
}

/** An epoch with penalty and sample, and a plain one; milliseconds. */
export interface EpochRecord {
  readonly images: number;
  readonly batchSize: number;
  readonly plain: Summary;
  readonly ours: Summary;
  readonly ratio: Summary;
}

/** What curvature costs on one engine of TensorFlow.js, or in another library. */
export interface EngineRecord {
  /** What was measured, and where. */
  readonly network: string;
  /** Lanczos steps of a sample of one probe, for each layer and the network; 0 for no sample. */
  readonly sampleSteps: number;
  /** Milliseconds of the gradient. */
  readonly gradient: Summary;
  /** In gradients: H v held, a sample; in plain steps: a penalized step. */
  readonly ratios: Record<string, Summary>;
}

export interface SpectraBlock {
  /** `network` or a layer. */
  readonly block: string;
  readonly milliseconds: number;
  /** Of them in products with the operator. */
  readonly inProducts: number;
  readonly products: number;
  readonly top: readonly [number, number];
  /** Of both, relative to the largest magnitude: a true eigenvalue lies within. */
  readonly residual: number;
  readonly trace: number;
  readonly standardError: number | null;
  readonly peer: {readonly milliseconds: number; readonly top: readonly number[]; readonly trace: number} | null;
}

export interface SpectraRecord {
  readonly blocks: readonly SpectraBlock[];
  /** Our time over that of our products. */
  readonly overhead: number;
  /** Our time over PyHessian's. */
  readonly against: number | null;
}

export interface SamplingRecord {
  readonly images: number;
  readonly batchSize: number;
  readonly epochSteps: number;
  /** A training step, without samples. */
  readonly stepMilliseconds: number;
  /** A sample of 10 steps and 1 probe of all layers and the network. */
  readonly sampleMilliseconds: number;
  /** One sample an epoch of 60,000 images. */
  readonly onceAnEpoch: number;
  /** The share that `withinBudget(0.05)` used. */
  readonly withinBudget: {readonly share: number; readonly samples: number};
}

export type ScalingAxis = 'depth' | 'width' | 'batch' | 'probes';

export interface ScalingPoint {
  readonly x: number;
  /** Milliseconds. */
  readonly times: Record<string, Summary>;
}

export interface ScalingRecord {
  readonly network: string;
  readonly points: readonly ScalingPoint[];
  /** b in milliseconds ~ xᵇ. */
  readonly slopes: Record<string, number>;
}

/** A profile's rows: milliseconds and calls of one kernel, or in one layer. */
export interface ProfileRecord {
  readonly milliseconds: number;
  readonly byKernel: readonly [kernel: string, milliseconds: number, calls: number][];
  readonly byLayer: readonly [layer: string | null, milliseconds: number, calls: number][];
}

/** The results of one run of the bench. */
export interface BenchRecord {
  readonly schema: 2;
  readonly date: string;
  readonly quick: boolean;
  readonly minutes: number;
  readonly machine: Machine;
  readonly load: Load;
  readonly versions: Record<string, string>;
  /** What could not be measured, and why. */
  readonly missing: Record<string, string>;
  readonly products: Record<string, ProductsRecord>;
  /** By subject. */
  readonly training: Record<string, TrainingRecord>;
  readonly epoch: EpochRecord | null;
  /** By engine. */
  readonly engines: Record<string, EngineRecord>;
  readonly spectra: SpectraRecord | null;
  readonly sampling: SamplingRecord | null;
  readonly scaling: Partial<Record<ScalingAxis, ScalingRecord>>;
  readonly profiles: Record<string, ProfileRecord>;
}
