import type {DensityRecord} from 'tfjs-hessian';
import {similarity} from 'tfjs-hessian';
import {decoded} from '../recipe/epoch-spectra.js';
import type {SpectraRecord} from '../records/recipe-folder.js';
import type {MeanInterval} from './statistics.js';
import {mean, meanInterval} from './statistics.js';
import {valueDistance} from './value-distance.js';

/** `values`: as in the authors' code; `positions`: Wasserstein-1 of spectra that are scaled to a largest magnitude of 1. */
export const depthMeasures = ['values', 'positions'] as const;
export type DepthMeasure = (typeof depthMeasures)[number];

/** What is compared with the whole network's spectrum: its layer, that layer in another seed's training, and spectra without the network's shape. */
export const depthReferences = ['own', 'other seeds', 'zero', 'random'] as const;
export type DepthReference = (typeof depthReferences)[number];

export interface DepthAnswer {
  readonly setting: string;
  readonly measure: DepthMeasure;
  readonly seeds: number;
  readonly layers: readonly DepthLayer[];
  /** The layers' mean distance to their network less that of each reference, paired by seed. `null`: there is no other seed. */
  readonly less: Readonly<Record<Exclude<DepthReference, 'own'>, MeanInterval | null>>;
  /** The mean distance of the middle half of the layers less that of the others, paired by seed. */
  readonly middle: MeanInterval;
}

export interface DepthLayer {
  readonly name: string;
  readonly parameters: number;
  /** Distances summed over epochs, divided by the largest layer's own; over seeds. `null`: there is no other seed. */
  readonly to: Readonly<Record<DepthReference, MeanInterval | null>>;
}

const distance: Readonly<Record<DepthMeasure, (a: DensityRecord, b: DensityRecord) => number>> = {
  values: valueDistance,
  positions: (a, b) => similarity(a, b).wasserstein,
};

const zero: DensityRecord = {nodes: [[0]], weights: [[1]]};

/** Distance against depth: of each kernel's spectrum to the whole network's, summed over the epochs. */
export function depthAnswer(
  trainings: readonly SpectraRecord[],
  measure: DepthMeasure,
  random: ReadonlyMap<number, DensityRecord>,
): DepthAnswer {
  const bySeed = trainings.map(({epochs}) => epochs.map(({blocks}) => blocks.map(decoded)));
  const [first] = trainings;
  const blocks = first!.epochs[0]!.blocks.slice(1);
  const between = distance[measure];
  const summed = (of: (epoch: number) => number) => first!.epochs.reduce((sum, _, epoch) => sum + of(epoch), 0);
  const sums = bySeed.map((own, s) =>
    blocks.map(({parameters}, i) => {
      const full = (epoch: number) => own[epoch]![0]!;
      const others = bySeed.filter((_, other) => other !== s);
      return {
        own: summed(epoch => between(own[epoch]![i + 1]!, full(epoch))),
        'other seeds':
          others.length === 0
            ? null
            : others.reduce((sum, other) => sum + summed(epoch => between(own[epoch]![i + 1]!, other[epoch]![0]!)), 0) /
              others.length,
        zero: summed(epoch => between(zero, full(epoch))),
        random: summed(epoch => between(random.get(parameters)!, full(epoch))),
      };
    }),
  );
  const largest = sums.map(layers => Math.max(...layers.map(({own}) => own)));
  const over = (i: number, reference: DepthReference) => {
    const values = sums.map((layers, s) => layers[i]![reference] && layers[i]![reference] / largest[s]!);
    return values.some(value => value === null) ? null : meanInterval(values as number[]);
  };
  const relative = (s: number, i: number, reference: DepthReference) => sums[s]![i]![reference]! / largest[s]!;
  const all = blocks.map((_, i) => i);
  const isMiddle = (i: number) => i >= Math.floor(all.length / 4) && i <= Math.floor((3 * all.length) / 4);
  const overLayers = (s: number, layers: readonly number[], reference: DepthReference) =>
    mean(layers.map(i => relative(s, i, reference)));
  const lessThan = (reference: DepthReference) =>
    meanInterval(sums.map((_, s) => overLayers(s, all, 'own') - overLayers(s, all, reference)));
  return {
    ...{setting: first!.setting, measure, seeds: trainings.length},
    less: {
      'other seeds': trainings.length < 2 ? null : lessThan('other seeds'),
      ...{zero: lessThan('zero'), random: lessThan('random')},
    },
    middle: meanInterval(
      sums.map(
        (_, s) =>
          overLayers(s, all.filter(isMiddle), 'own') -
          overLayers(
            s,
            all.filter(i => !isMiddle(i)),
            'own',
          ),
      ),
    ),
    layers: blocks.map(({layer, parameters}, i) => ({
      ...{name: layer!, parameters},
      to: {
        own: over(i, 'own'),
        'other seeds': over(i, 'other seeds'),
        zero: over(i, 'zero'),
        random: over(i, 'random'),
      },
    })),
  };
}
