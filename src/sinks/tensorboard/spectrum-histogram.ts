import type {BlockSpectrum} from '../../metrics/records.js';
import type {HistogramMessage} from './event-message.js';

const BUCKETS = 64;

/**
 * A spectrum as a histogram: the number of eigenvalues in each of 64 buckets of equal width, from the quadrature of the
 * density.
 *
 * The counts add up to the number of parameters; sum and sum of squares are those of the density.
 */
export function spectrumHistogram({parameters, density}: BlockSpectrum): HistogramMessage {
  const probes = density.nodes.length;
  const masses = density.nodes.flatMap((row, i) =>
    row.map((node, j) => ({node, count: (parameters * density.weights[i]![j]!) / probes})),
  );
  const min = masses.reduce((least, {node}) => Math.min(least, node), Number.POSITIVE_INFINITY);
  const max = masses.reduce((most, {node}) => Math.max(most, node), Number.NEGATIVE_INFINITY);
  const buckets = max > min ? BUCKETS : 1;
  const width = (max - min) / buckets;
  const bucket = Array<number>(buckets).fill(0);
  for (const {node, count} of masses) {
    const i = width > 0 ? Math.floor((node - min) / width) : 0;
    bucket[Math.min(i, buckets - 1)]! += count;
  }
  return {
    min,
    max,
    num: parameters,
    sum: masses.reduce((sum, {node, count}) => sum + count * node, 0),
    sumSquares: masses.reduce((sum, {node, count}) => sum + count * node ** 2, 0),
    bucketLimit: bucket.map((_, i) => (i === buckets - 1 ? max : min + (i + 1) * width)),
    bucket,
  };
}
