// Compares `eigenvalues` with SciPy's `eigsh` (ARPACK) on the same float32 matrices: products and accuracy.
//
//   npx tsx bench/eigenvalues.ts [--seeds 5]
//
// Both get the same tolerance, and ARPACK its default subspace. The reference is LAPACK's dense solver in float64. Python is the environment of
// the bench's peers, or the one that PYTHON names, if it has SciPy.
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {eigenvalues, type WhichEigenvalues} from 'tfjs-hessian';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {peerPython, peersFolder} from './peers/environment.js';

const {values: options} = parseArgs({options: {seeds: {type: 'string', default: '5'}}});
const SIZE = 1500;

/** Numbers from a fixed sequence, about normally distributed (sum of twelve uniform numbers). */
function normals(count: number, seed: number): number[] {
  let state = seed;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({length: count}, () => Array.from({length: 12}, uniform).reduce((sum, x) => sum + x, -6));
}

const bulk = (count: number, deviation: number): number[] => normals(count, 7).map(x => deviation * x);

const spectra: Readonly<Record<string, readonly number[]>> = {
  'ten outliers': [...Array.from({length: 10}, (_, i) => 10 - 0.7 * i), ...bulk(SIZE - 10, 0.3)],
  'tops 20/i, narrow bulk': [...Array.from({length: 20}, (_, i) => 20 / (i + 1)), ...bulk(SIZE - 20, 0.01)],
  'power law 1/i': Array.from({length: SIZE}, (_, i) => 1 / (i + 1)),
  'five equal tops': [5, 5, 5, 5, 5, ...bulk(SIZE - 5, 0.3)],
  'a close pair': [1, 0.999, ...bulk(SIZE - 2, 0.1)],
};

const asked: readonly {readonly k: number; readonly which: WhichEigenvalues; readonly tolerance: number}[] = [
  {k: 1, which: 'largest', tolerance: 1e-3},
  {k: 1, which: 'largest', tolerance: 1e-5},
  {k: 5, which: 'largest', tolerance: 1e-3},
  {k: 1, which: 'smallest', tolerance: 1e-3},
];

/** What was found for one seed. */
interface Found {
  readonly values: readonly number[];
  readonly products: number;
}

/** diag(values) between Householder reflections, in float32: known eigenvalues, and eigenvectors that no coordinate prefers. */
function matrixOf(values: readonly number[]): Float32Array {
  const rows = Array.from({length: SIZE}, (_, i) =>
    Float64Array.from({length: SIZE}, (__, j) => (i === j ? values[i]! : 0)),
  );
  for (const seed of [1, 2, 3]) reflect(rows, normals(SIZE, seed));
  const matrix = new Float32Array(SIZE * SIZE);
  rows.forEach((row, i) => {
    for (let j = 0; j < SIZE; j++) matrix[i * SIZE + j] = (row[j]! + rows[j]![i]!) / 2;
  });
  return matrix;
}

/** A ← (I − 2 u uᵀ) A (I − 2 u uᵀ) for the unit vector u along v, in place. */
function reflect(rows: readonly Float64Array[], v: readonly number[]): void {
  const length = Math.hypot(...v);
  const u = v.map(x => x / length);
  const image = rows.map(row => u.reduce((sum, x, j) => sum + x * row[j]!, 0));
  const form = u.reduce((sum, x, i) => sum + x * image[i]!, 0);
  rows.forEach((row, i) => {
    for (let j = 0; j < SIZE; j++) row[j]! += 4 * form * u[i]! * u[j]! - 2 * (u[i]! * image[j]! + image[i]! * u[j]!);
  });
}

const {tf} = await loadTensorFlow({warn: () => {}});
const python = process.env.PYTHON ?? (await peerPython(console.log));
const folder = mkdtempSync(join(tmpdir(), 'eigenvalues-'));
const seeds = Array.from({length: Number(options.seeds)}, (_, i) => i);

function arpack(file: string): {exact: number[]; found: Found[][]} {
  const {status, stdout, stderr} = spawnSync(
    python,
    [join(peersFolder, 'arpack.py'), file, String(SIZE), JSON.stringify(asked), String(seeds.length)],
    {encoding: 'utf8', maxBuffer: 2 ** 26},
  );
  if (status !== 0) throw new Error(`${python} failed: ${stderr.trim().split('\n').at(-1)}`);
  return JSON.parse(stdout) as {exact: number[]; found: Found[][]};
}

/** Mean products, and the largest error over all eigenvalues and seeds, relative to max(|λ|, 1e-3 ‖A‖). */
function summary(found: readonly Found[], exact: readonly number[], norm: number): string {
  const products = found.reduce((sum, one) => sum + one.products, 0) / found.length;
  const error = Math.max(
    ...found.flatMap(({values}) =>
      exact.map((truth, i) => Math.abs((values[i] ?? Number.NaN) - truth) / Math.max(Math.abs(truth), 1e-3 * norm)),
    ),
  );
  return `${products.toFixed(0)} | ${Number.isNaN(error) ? 'not all found' : error.toExponential(1)}`;
}

console.log('| spectrum | which | k | tolerance | our products | our error | ARPACK products | ARPACK error |');
console.log('|---|---|---|---|---|---|---|---|');
for (const [name, values] of Object.entries(spectra)) {
  const entries = matrixOf(values);
  const file = join(folder, 'matrix');
  writeFileSync(file, entries);
  const theirs = arpack(file);
  const matrix = tf.tensor2d(entries, [SIZE, SIZE]);
  const norm = Math.max(Math.abs(theirs.exact[0]!), Math.abs(theirs.exact.at(-1)!));
  for (const [row, {k, which, tolerance}] of asked.entries()) {
    const ours: Found[] = [];
    for (const seed of seeds) {
      const op = {
        size: SIZE,
        matvec: (v: Parameters<typeof tf.dot>[0]) => tf.dot(matrix, v) as ReturnType<typeof tf.tensor1d>,
      };
      const found = await eigenvalues(op, {k, which, tolerance, seed});
      ours.push({values: found.values, products: found.steps});
    }
    const ordered = which === 'largest' ? [...theirs.exact].reverse() : theirs.exact;
    const best = ordered.slice(0, k);
    const cells = [name, which, k, tolerance, summary(ours, best, norm), summary(theirs.found[row]!, best, norm)];
    console.log(`| ${cells.join(' | ')} |`);
  }
  matrix.dispose();
}
rmSync(folder, {recursive: true, force: true});
