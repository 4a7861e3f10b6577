// The entry point `tfjs-hessian/metrics`: numbers and curves of spectra, without tensors.
export type {BatchSpread} from './metrics/batch-spread.js';
export {batchSpread} from './metrics/batch-spread.js';
export type {MetricName} from './metrics/built-in.js';
export {builtInMetrics} from './metrics/built-in.js';
export {heterogeneity} from './metrics/comparison/heterogeneity.js';
export {logSpectrumDistance, logSpectrumDistanceEstimate} from './metrics/comparison/log-spectrum-distance.js';
export {middleMostSimilar} from './metrics/comparison/middle-most-similar.js';
export type {SimilarityEstimate} from './metrics/comparison/similarity.js';
export {similarity, similarityEstimate} from './metrics/comparison/similarity.js';
export {traceShare} from './metrics/comparison/trace-share.js';
export type {DensityCurve, DensityCurveArgs, DensityOfArgs, SpectralDensity} from './metrics/density.js';
export {densityOf} from './metrics/density.js';
export {edgeOfStability} from './metrics/edge-of-stability.js';
export type {Norms} from './metrics/effective-rank.js';
export {effectiveRank} from './metrics/effective-rank.js';
export type {Metric, MetricContext} from './metrics/metric.js';
export {negativeMass} from './metrics/negative-mass.js';
export {outliers} from './metrics/outliers.js';
export {powerLawExponent} from './metrics/power-law-exponent.js';
export type {QuantileInterval} from './metrics/quantile-interval.js';
export type {
  BlockGradient,
  BlockSpectrum,
  DensityRecord,
  Estimate,
  GradientRecord,
  LayerSpectrum,
  LayerwiseSpectra,
  RitzValue,
  SpectralSimilarity,
  StabilityRecord,
} from './metrics/records.js';
export {relativeFlatness} from './metrics/relative-flatness.js';
export type {TopAndTrace} from './metrics/spectral-norm-ratio.js';
export {spectralNormRatio} from './metrics/spectral-norm-ratio.js';
export type {PowerLaw, PowerLawArgs} from './metrics/statistics/power-law.js';
export {powerLaw} from './metrics/statistics/power-law.js';
export type {Trend, TrendArgs} from './metrics/statistics/trend.js';
export {trendOf} from './metrics/statistics/trend.js';
