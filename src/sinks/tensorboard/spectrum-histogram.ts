import type {BlockSpectrum} from '../../metrics/records.js';
import type {HistogramMessage} from './event-message.js';

/** As many as TensorBoard shows; it makes bins of equal width of any others. */
const BUCKETS = 60;

/**
 * A spectrum as a histogram for TensorBoard, which has bins of equal width and heights in proportion to their counts. So that more
 * than a spike at zero is seen, places and heights are logarithmic:
 *
 *     place of an eigenvalue λ:  sign(λ) log₁₀(1 + |λ| / λ₀)        height of a bin:  log₁₀(1 + number of eigenvalues in it)
 *
 * @param linearBelow λ₀, below which places are nearly linear; the same for all histograms of a training.
 */
export function spectrumHistogram({parameters, density}: BlockSpectrum, linearBelow: number): HistogramMessage {
  const probes = density.nodes.length;
  const masses = density.nodes.flatMap((row, i) =>
    row.map((node, j) => ({
      place: Math.sign(node) * Math.log10(1 + Math.abs(node) / linearBelow),
      count: (parameters * density.weights[i]![j]!) / probes,
    })),
  );
  const min = masses.reduce((least, {place}) => Math.min(least, place), Number.POSITIVE_INFINITY);
  const max = masses.reduce((most, {place}) => Math.max(most, place), Number.NEGATIVE_INFINITY);
  const buckets = max > min ? BUCKETS : 1;
  const width = (max - min) / buckets;
  const counts = Array<number>(buckets).fill(0);
  for (const {place, count} of masses) {
    const i = width > 0 ? Math.floor((place - min) / width) : 0;
    counts[Math.min(i, buckets - 1)]! += count;
  }
  const bucket = counts.map(count => Math.log10(1 + Math.max(0, count)));
  const middle = (i: number) => min + (i + 0.5) * width;
  return {
    min,
    max,
    num: bucket.reduce((sum, height) => sum + height, 0),
    sum: bucket.reduce((sum, height, i) => sum + height * middle(i), 0),
    sumSquares: bucket.reduce((sum, height, i) => sum + height * middle(i) ** 2, 0),
    bucketLimit: bucket.map((_, i) => (i === buckets - 1 ? max : min + (i + 1) * width)),
    bucket,
  };
}
