import type {GenericSchema} from 'valibot';
import {custom} from 'valibot';
import {check} from '../arguments/check.js';
import {hasMethods, isText} from '../arguments/kinds.js';
import {nearestName} from '../arguments/nearest-name.js';
import {show} from '../arguments/show.js';
import {heterogeneity, heterogeneityOf} from './comparison/heterogeneity.js';
import {logSpectrumDistanceEstimate} from './comparison/log-spectrum-distance.js';
import {middleMostSimilar, ranks} from './comparison/middle-most-similar.js';
import {similarityEstimate} from './comparison/similarity.js';
import {traceShare} from './comparison/trace-share.js';
import {edgeOfStability} from './edge-of-stability.js';
import {effectiveRank} from './effective-rank.js';
import type {Metric} from './metric.js';
import {outliers} from './outliers.js';
import {powerLawExponent} from './power-law-exponent.js';
import type {LayerSpectrum} from './records.js';
import {networkFlatness} from './relative-flatness.js';
import {requireContext} from './require-context.js';
import {spectralNormRatio} from './spectral-norm-ratio.js';

/** A layer's position among the sampled ones, or −1. */
function positionOf(layer: LayerSpectrum | null, layers: readonly LayerSpectrum[]): number {
  return layers.findIndex(({name}) => name === layer?.name);
}

const trace: Metric = {
  name: 'trace',
  unit: 'loss',
  describe: 'The sum of the eigenvalues.',
  compute: block => block.trace,
};

const top: Metric = {
  name: 'top',
  unit: 'loss',
  describe: 'The largest eigenvalue: the sharpness.',
  compute: block => block.largest[0]?.value ?? Number.NaN,
};

const bottom: Metric = {
  name: 'bottom',
  unit: 'loss',
  describe: 'The smallest eigenvalue: below zero at a saddle.',
  compute: block => block.smallest[0]?.value ?? Number.NaN,
};

const frobenius: Metric = {
  name: 'frobenius',
  unit: 'loss',
  describe: 'The root of the sum of squared eigenvalues.',
  compute: block => block.frobenius,
};

const spectralNorm: Metric = {
  name: 'spectralNormRatio',
  unit: '1',
  describe: "The largest eigenvalue's part of the trace.",
  compute: block => spectralNormRatio(block),
};

const rank: Metric = {
  name: 'effectiveRank',
  unit: '1',
  describe: 'How many eigenvalues count: (trace / Frobenius norm)².',
  compute: block => effectiveRank(block),
};

const outlierCount: Metric = {
  name: 'outliers',
  unit: '1',
  describe: 'How many eigenvalues stand out above the bulk: those before the widest gap.',
  compute: block => outliers(block.density, block.parameters),
};

const tailExponent: Metric = {
  name: 'powerLawExponent',
  unit: '1',
  describe: 'The exponent of the power law that the largest eigenvalues follow, where they follow one.',
  compute: block => powerLawExponent(block.density, block.parameters),
};

const negativeShare: Metric = {
  name: 'negativeMass',
  unit: '1',
  describe: 'The share of eigenvalues below zero.',
  compute: block => block.negativeMass,
};

const similarityToNetwork: Metric = {
  name: 'similarity',
  unit: '1',
  describe:
    "The Wasserstein distance of a layer's density from the network's, both scaled to unit largest magnitude; 0 = the same.",
  compute: (block, {full, layer}) =>
    layer === null ? Number.NaN : similarityEstimate(block.density, full.density).wasserstein,
};

const stability: Metric = {
  name: 'edgeOfStability',
  unit: '1',
  describe:
    "The sharpness over the optimizer's threshold: 1 is its edge of stability. If the optimizer is not recorded: that of plain gradient descent, the largest eigenvalue × learning rate / 2.",
  compute: ({largest: [best]}, {learningRate, layer, stability: known}) => {
    if (best === undefined || known === null) return Number.NaN;
    if (known === undefined) return edgeOfStability(best.value, learningRate);
    if (layer === null) return known.ratio;
    // A block of H says nothing of the steps of an optimizer that goes by P^−½ H P^−½.
    return known.isPreconditioned === false ? best.value / known.threshold : Number.NaN;
  },
};

const gradientNorm: Metric = {
  name: 'gradientNorm',
  unit: 'loss',
  describe: "The length of the loss's gradient in the block's weights. Needs `gradients` of the callback.",
  compute: (_, {gradient}) => gradient?.norm ?? Number.NaN,
};

const updateRatio: Metric = {
  name: 'updateRatio',
  unit: '1',
  describe: 'The length of the newest step over that of the weights before it. Needs `gradients` of the callback.',
  compute: (_, {gradient}) => gradient?.updateRatio ?? Number.NaN,
};

const gradientNoiseScale: Metric = {
  name: 'gradientNoiseScale',
  unit: '1',
  describe:
    "The trace of the covariance of the samples' gradients over the squared length of their mean: batches beyond so many samples gain little. Needs `gradients` of the callback.",
  compute: (_, {gradient}) => gradient?.noiseScale ?? Number.NaN,
};

const stepAlpha: Metric = {
  name: 'alpha',
  unit: '1',
  describe:
    'Where the newest step ended in the quadratic along it: −1 = it did not move, 0 = the minimum, 1 = as high on the other side. Needs `gradients` of the callback.',
  compute: (_, {layer, alpha}) => (layer === null ? (alpha ?? Number.NaN) : Number.NaN),
};

const logDistanceToNetwork: Metric = {
  name: 'logSpectrumDistance',
  unit: '1',
  describe: 'How differently the spectra of layer and network decay, in powers of ten, weighted by λ²; 0 = the same.',
  compute: (block, {full, layer}) =>
    layer === null ? Number.NaN : logSpectrumDistanceEstimate(block.density, full.density),
};

const overlap: Metric = {
  name: 'topOverlap',
  unit: '1',
  describe:
    "How much of the network's top eigenvectors, restricted to a layer, lies in the span of the layer's own; 1 = all of it.",
  compute: (_, {layer}) => layer?.topOverlap ?? Number.NaN,
};

const flatness: Metric = {
  name: 'relativeFlatness',
  unit: 'loss',
  describe:
    "Σ ⟨w_s, w_s'⟩ tr H_ss' over pairs of a kernel's neurons: flatness that does not change when layers are rescaled.",
  compute: (_, {full, layer, layers}) =>
    layer === null
      ? networkFlatness(full, layers)
      : (layer.relativeFlatness ?? {value: Number.NaN, standardError: null, probes: layer.trace.probes}),
};

const spread: Metric = {
  name: 'heterogeneity',
  unit: '1',
  describe:
    "How much the shapes of the layers' spectra differ: mean Jensen–Shannon distance of all pairs (of a layer: from the others).",
  compute: (_, {layer, layers}) => {
    const densities = layers.map(({density}) => density);
    const sizes = layers.map(({parameters}) => parameters);
    return layer === null
      ? heterogeneity(densities, sizes)
      : heterogeneityOf(densities, sizes, positionOf(layer, layers));
  },
};

const middle: Metric = {
  name: 'middleMostSimilar',
  unit: '1',
  describe:
    "The middle layers' rank by the Wasserstein distance of `similarity`, 1 = most similar (of a layer: its own rank).",
  compute: (_, {layer, layers}) => {
    if (layer === null) return middleMostSimilar(layers);
    return ranks(layers.map(({similarity}) => similarity.wasserstein))[positionOf(layer, layers)] ?? Number.NaN;
  },
};

const share: Metric = {
  name: 'traceShare',
  unit: '1',
  describe: "A layer's part of the sum of all layers' traces.",
  compute: (_, {layer, layers}) => {
    const index = positionOf(layer, layers);
    return index < 0
      ? Number.NaN
      : traceShare(
          layers.map(each => each.trace),
          index,
        );
  },
};

/** A metric that checks its arguments first. */
function checked(metric: Metric): Metric {
  const compute: Metric['compute'] = (block, context) => {
    requireContext(block, context);
    return metric.compute(block, context);
  };
  return {...metric, compute};
}

/** The built-in metrics by name. */
export const builtInMetrics = {
  trace: checked(trace),
  top: checked(top),
  bottom: checked(bottom),
  frobenius: checked(frobenius),
  spectralNormRatio: checked(spectralNorm),
  effectiveRank: checked(rank),
  outliers: checked(outlierCount),
  powerLawExponent: checked(tailExponent),
  negativeMass: checked(negativeShare),
  similarity: checked(similarityToNetwork),
  logSpectrumDistance: checked(logDistanceToNetwork),
  topOverlap: checked(overlap),
  edgeOfStability: checked(stability),
  relativeFlatness: checked(flatness),
  gradientNorm: checked(gradientNorm),
  updateRatio: checked(updateRatio),
  gradientNoiseScale: checked(gradientNoiseScale),
  alpha: checked(stepAlpha),
  heterogeneity: checked(spread),
  middleMostSimilar: checked(middle),
  traceShare: checked(share),
} as const satisfies Record<string, Metric>;

/** The name of a built-in metric. */
export type MetricName = keyof typeof builtInMetrics;

/** The name of a built-in metric, or a metric of the user's own. */
export const metric: GenericSchema<MetricName | Metric> = custom<MetricName | Metric>(
  value => (isText(value) && Object.hasOwn(builtInMetrics, value)) || isMetric(value),
  ({input}) => {
    const names = Object.keys(builtInMetrics);
    const nearest = isText(input) ? nearestName(input, names) : null;
    const guess = nearest === null ? '; it' : `; did you mean "${nearest}"? It`;
    return `${show(input)} is no metric${guess} must be one of ${names.join(', ')}, or a Metric of your own.`;
  },
);

function isMetric(value: unknown): boolean {
  return hasMethods(value, ['compute']) && isText((value as Metric).name);
}

/**
 * The metric with a name; a metric of your own is returned as it is.
 *
 * @throws InvalidArgumentError for an unknown name.
 */
export function metricOf(given: MetricName | Metric): Metric {
  const known = check('metric', metric, given);
  return typeof known === 'string' ? builtInMetrics[known] : known;
}
