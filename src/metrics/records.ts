/** A number with its standard error. */
export interface Estimate {
  readonly value: number;
  /** 0 if the value is exact, `null` if one probe gives no error. */
  readonly standardError: number | null;
  /** The number of independent probes. */
  readonly probes: number;
}

/** An approximate eigenvalue: a true one lies within `residual` of `value`. */
export interface RitzValue {
  readonly value: number;
  readonly residual: number;
}

/** A spectral density as Gauss quadrature: one row a probe, Ritz values and their weights (each row's weights sum to 1). */
export interface DensityRecord {
  readonly nodes: number[][];
  readonly weights: number[][];
}

/** A summary of the spectrum of one symmetric operator. Plain data that survives JSON. */
export interface BlockSpectrum {
  /** The operator's dimension. */
  readonly parameters: number;
  readonly trace: Estimate;
  /** ‖A‖_F, the root of the sum of squared eigenvalues. */
  readonly frobenius: Estimate;
  /** Best first: descending from the largest eigenvalue. */
  readonly largest: RitzValue[];
  /** Best first: ascending from the smallest eigenvalue. */
  readonly smallest: RitzValue[];
  readonly density: DensityRecord;
  /** Share of eigenvalues below zero, 0 to 1. */
  readonly negativeMass: Estimate;
}

/** Distances between a layer's scaled spectral density and the whole network's; 0 = the same. */
export interface SpectralSimilarity {
  readonly wasserstein: number;
  readonly jensenShannon: number;
}

/** A layer's block of the curvature. */
export interface LayerSpectrum extends BlockSpectrum {
  readonly name: string;
  readonly index: number;
  readonly className: string;
  readonly similarity: SpectralSimilarity;
  /**
   * How much of the network's top eigenvectors, restricted to the layer, lies in the span of the layer's own top
   * eigenvectors: 0 to 1. `null` if the network's are zero in the layer. Files of earlier versions do not have this field
   * and the next.
   */
  readonly topOverlap?: number | null;
  /** Relative flatness (Petzka et al., 2021) of the layer's kernels; `null` if it has none, or if its weights were not given. */
  readonly relativeFlatness?: Estimate | null;
}

/** The gradient of one block, and what the newest step did to its weights. */
export interface BlockGradient {
  /** ‖∇L‖₂ of the loss that is sampled: without regularizers, unless the callback has `regularizers: true`. */
  readonly norm: number;
  /** ‖θ₁ − θ₀‖ / ‖θ₀‖ of the newest step; `null` before the first step, and for weights that are zero. */
  readonly updateRatio: number | null;
  /** tr Σ / |G|², in samples: the batch size up to which larger batches pay; `null` if the noise hides the gradient, for one sample, and for stateful layers. */
  readonly noiseScale: number | null;
}

/** Statistics of a loss's gradient. Plain data that survives JSON. */
export interface GradientRecord {
  readonly full: BlockGradient;
  /** By the layers' names: all layers that training moves. */
  readonly layers: Readonly<Record<string, BlockGradient>>;
  /**
   * Where the newest step ended in the quadratic along it: −1 where it began, 0 at the minimum, 1 as high on the other side. `null`
   * before the first step, and if the step did not begin downhill on this batch.
   */
  readonly alpha: number | null;
  /** The number of parts of the batch that the noise scales come from. */
  readonly parts: number;
}

/** How near an optimizer was to the edge of stability. Plain data that survives JSON. */
export interface StabilityRecord {
  /** The name of the optimizer's class. */
  readonly optimizer: string;
  /** The network's largest eigenvalue; of P^−½ H P^−½ for an optimizer that divides gradients by a diagonal P. */
  readonly sharpness: number;
  /** The sharpness at which the optimizer's steps neither grow nor shrink. */
  readonly threshold: number;
  /** Sharpness / threshold: below 1 steps along the top eigenvector shrink, at 1 is the edge, above it they grow. */
  readonly ratio: number;
  /** A true eigenvalue lies within this of `sharpness`. */
  readonly residual?: number;
  /** Whether the optimizer divides gradients by a diagonal P. If not, eigenvalues of layers compare with `threshold` too. */
  readonly isPreconditioned?: boolean;
}

/** The whole network's spectrum and each layer's. */
export interface LayerwiseSpectra {
  readonly full: BlockSpectrum;
  readonly layers: LayerSpectrum[];
}
