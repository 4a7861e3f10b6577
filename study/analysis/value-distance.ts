import type {DensityRecord} from 'tfjs-hessian';

// The similarity of spectra as the authors' code computes it (github.com/yashkhasbage25/HTR, LayerHessians, 2021).

/** The number of points of a density, and of the Lanczos steps that set its bandwidth. */
const POINTS = 1024;
const STEPS = 128;

/** The standard deviation of the Gaussians, in a range that is scaled to [−1, 1]. */
const SIGMA = 2 / (STEPS - 1) / Math.sqrt(8 * Math.log(1.25));

/** Gaussians end where they are this small, relative to their peak. */
const TOLERANCE = 1e-8;

/**
 * The values of a spectrum's density on 1,024 points between its ends, which are widened by 5 % of their distance. The code
 * takes the ends from a first Lanczos run of 64 steps and its residuals; here they are the outermost Ritz values.
 */
export function densityValues({nodes, weights}: DensityRecord): Float64Array {
  const all = nodes.flat();
  const [smallest, largest] = [Math.min(...all), Math.max(...all)];
  const [center, half] = [(smallest + largest) / 2, (1.1 * (largest - smallest)) / 2];
  const width = SIGMA * Math.sqrt(-2 * Math.log(TOLERANCE));
  const values = new Float64Array(POINTS);
  nodes.forEach((row, run) => {
    row.forEach((node, i) => {
      // Where all eigenvalues are the same, they lie in the middle.
      const position = half === 0 ? 0 : (node - center) / half;
      for (let point = 0; point < POINTS; point++) {
        const x = -1 + (2 * point) / (POINTS - 1);
        if (Math.abs(x - position) < width) {
          values[point]! += weights[run]![i]! * Math.exp(-((x - position) ** 2) / (2 * SIGMA ** 2));
        }
      }
    });
  });
  return values;
}

/** The logarithms of a density's values, from 0 to 1, divided by their sum. Zeros count as the smallest positive value. */
function transformed(values: Float64Array): Float64Array {
  const least = Math.min(...values.filter(value => value > 0));
  const logs = values.map(value => Math.log(value === 0 ? least : value));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const scaled = logs.map(log => (log - low) / (high - low));
  const sum = scaled.reduce((total, value) => total + value, 0);
  return scaled.map(value => value / sum);
}

/**
 * Wasserstein's distance between the sets of the densities' values. Where on the axis a value is has no part in it: two spectra
 * of the same shape at different places, or one and its mirror image, have the distance 0.
 */
export function valueDistance(a: DensityRecord, b: DensityRecord): number {
  const [p, q] = [a, b].map(density => transformed(densityValues(density)).sort());
  return p!.reduce((sum, value, i) => sum + Math.abs(value - q![i]!), 0) / POINTS;
}
