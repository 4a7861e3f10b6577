import type {DensityRecord} from '../../metrics/records.js';
import type {LanczosRun} from './lanczos.js';

/** Weights below this belong to a space that is orthogonal to the probe. */
const UNSEEN = 1e-20;

/** A node of Gauss quadrature: for the probe, a share `weight` of the spectrum lies near `node`. */
export interface QuadratureNode {
  readonly node: number;
  readonly weight: number;
  /** An eigenvalue lies within this distance of the node. */
  readonly residual: number;
}

/**
 * The Gauss quadrature of a run: qᵀ f(A) q ≈ Σ w_j f(θ_j), exact for polynomials of degree 2 m − 1, with the Ritz
 * values θ_j as nodes and the squares of T's eigenvectors' first entries as weights (Golub & Welsch, 1969).
 *
 * Nodes in `lone` stand for one eigenvalue each of an operator of the given `size`, and get its weight in the spectrum, 1/n.
 */
export function gaussQuadrature(
  {ritz: {values, vectors}, residual}: LanczosRun,
  lone: ReadonlySet<number> = new Set(),
  size = Number.POSITIVE_INFINITY,
): QuadratureNode[] {
  const all = values.map((node, j) => ({
    node,
    weight: vectors[j]![0]! ** 2,
    residual: Math.abs(residual * vectors[j]!.at(-1)!),
    isLone: lone.has(j),
  }));
  const seen = all.filter(({weight, isLone}) => isLone || weight > UNSEEN);
  const rest = seen.reduce((sum, {weight, isLone}) => (isLone ? sum : sum + weight), 0);
  const scale = (1 - lone.size / size) / rest;
  return seen.map(({isLone, ...node}) => ({...node, weight: isLone ? 1 / size : node.weight * scale}));
}

/** The rows of quadrature nodes as a record, in units of A. */
export function densityRecord(rows: readonly (readonly QuadratureNode[])[], scale: number): DensityRecord {
  return {
    nodes: rows.map(row => row.map(({node}) => node * scale)),
    weights: rows.map(row => row.map(({weight}) => weight)),
  };
}

/** The mean over the probes of Σ w f(θ), that is tr f(A) / n. */
export function quadratureMean(rows: readonly (readonly QuadratureNode[])[], f: (theta: number) => number): number {
  return rows.reduce((sum, row) => sum + row.reduce((s, {node, weight}) => s + weight * f(node), 0), 0) / rows.length;
}
