import type {BlockSpectrum, Estimate, LayerSpectrum} from './records.js';

/** What a metric of one block may look at beside it. */
export interface MetricContext {
  readonly full: BlockSpectrum;
  /** The sampled layers, in the model's order. */
  readonly layers: readonly LayerSpectrum[];
  /** The layer whose block it is; `null` for the whole network. */
  readonly layer: LayerSpectrum | null;
  readonly learningRate: number | null;
  /** ‖w‖₂ of the block's weights, where it is known. */
  readonly weightNorm?: number | null;
}

/** A number, with an error bar where there is one, made of a spectrum. */
export interface Metric {
  readonly name: string;
  /** `1` for a pure number, `loss` for what scales with the loss. */
  readonly unit: string;
  /** What it says, in a sentence. */
  readonly describe: string;
  /** NaN where it has no meaning: such a point is left out of streams. */
  compute(block: BlockSpectrum, context: MetricContext): number | Estimate;
}
