import type {BlockGradient, BlockSpectrum, Estimate, LayerSpectrum, StabilityRecord} from './records.js';

/** What a metric of a block may use beside the block's spectrum. */
export interface MetricContext {
  readonly full: BlockSpectrum;
  /** The sampled layers, in the model's order. */
  readonly layers: readonly LayerSpectrum[];
  /** The layer whose block it is; `null` for the whole network. */
  readonly layer: LayerSpectrum | null;
  readonly learningRate: number | null;
  /** ‖w‖₂ of the block's weights, if known. */
  readonly weightNorm?: number | null;
  /**
   * How near the optimizer was to its edge of stability; `null` if that is unknown. Missing: the optimizer is taken for plain
   * gradient descent.
   */
  readonly stability?: StabilityRecord | null;
  /** The gradient of the block, if it was measured. */
  readonly gradient?: BlockGradient | null;
  /** Where the newest step ended in the quadratic along it; see `GradientRecord`. */
  readonly alpha?: number | null;
}

/** A number computed from a spectrum, possibly with an error. */
export interface Metric {
  readonly name: string;
  /** `1` for a pure number, `loss` for what scales with the loss. */
  readonly unit: string;
  /** What it means, in a sentence. */
  readonly describe: string;
  /** NaN if it has no meaning: streams leave such points out. */
  compute(block: BlockSpectrum, context: MetricContext): number | Estimate;
}
