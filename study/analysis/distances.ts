import type {DensityRecord} from 'tfjs-hessian';
import {similarity} from 'tfjs-hessian';
import {unitAtoms, wassersteinDistance} from '../../src/metrics/comparison/similarity.js';

export const distanceKinds = ['wasserstein', 'jensenShannon', 'energy'] as const;

/**
 * The distances between two spectra, each scaled to a largest magnitude of 1: the package's `similarity`, and `energy`, the
 * Wasserstein distance of eigenvalues weighted with their magnitudes. The latter compares where the trace comes from; the many
 * eigenvalues near zero do not count.
 */
export type DistanceKind = (typeof distanceKinds)[number];
export type Distances = Readonly<Record<DistanceKind, number>>;

export function distancesBetween(a: DensityRecord, b: DensityRecord): Distances {
  return {...similarity(a, b), energy: wassersteinDistance(energy(a), energy(b))};
}

/** Atoms weighted with their magnitudes; their weights sum to one, or to zero for the zero matrix. */
function energy(record: DensityRecord): ReturnType<typeof unitAtoms> {
  const atoms = unitAtoms(record);
  const total = atoms.reduce((sum, {node, weight}) => sum + Math.abs(node) * weight, 0);
  return atoms.map(({node, weight}) => ({node, weight: total > 0 ? (Math.abs(node) * weight) / total : 0}));
}
