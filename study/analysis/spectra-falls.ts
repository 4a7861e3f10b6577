import {grouped} from '../grouped.js';
import {decoded} from '../recipe/epoch-spectra.js';
import type {SpectraRecord} from '../records/recipe-folder.js';
import type {MeanInterval} from './statistics.js';
import {exponential, holm, mean, meanInterval} from './statistics.js';

export const followedQuantities = ['top', 'trace'] as const;
export type FollowedQuantity = (typeof followedQuantities)[number];

/** How a quantity of the whole network and of its layers goes from the first fifth of the epochs to the last fifth. */
export interface SpectraFall {
  readonly setting: string;
  readonly quantity: FollowedQuantity;
  readonly seeds: number;
  /** The mean of the last fifth in that of the first, with its chance after Holm's correction over all falls. `null`: a value is not positive. */
  readonly ratio: (MeanInterval & {readonly adjusted: number}) | null;
  /** How many layers fall, in the geometric mean over seeds. */
  readonly fallingLayers: number;
  readonly layers: number;
  /** Over seeds, an epoch each: the network's mean. */
  readonly course: readonly number[];
}

/** For each setting and quantity. */
export function spectraFalls(spectra: readonly SpectraRecord[]): SpectraFall[] {
  const found = [...grouped(spectra, ({setting}) => setting)].flatMap(([setting, trainings]) =>
    followedQuantities.map(quantity => fallOf(setting, trainings, quantity)),
  );
  const adjusted = holm(found.map(({ratio}) => ratio?.p ?? 1));
  return found.map((fall, i) => ({...fall, ratio: fall.ratio && {...fall.ratio, adjusted: adjusted[i]!}}));
}

type Course = readonly number[];

function fallOf(setting: string, trainings: readonly SpectraRecord[], quantity: FollowedQuantity) {
  const blocks = trainings[0]!.epochs[0]!.blocks;
  // A training's, then a block's.
  const courses: readonly (readonly Course[])[] = trainings.map(({epochs}) =>
    blocks.map((_, i) => epochs.map(epoch => quantityOf(epoch.blocks[i]!, quantity))),
  );
  const logs = (block: number) => courses.map(of => logOfFifths(of[block]!)).filter(log => !Number.isNaN(log));
  const ofNetwork = logs(0);
  const falls = blocks.slice(1).filter((_, i) => {
    const own = logs(i + 1);
    return own.length > 0 && meanInterval(own).mean < 0;
  });
  return {
    ...{setting, quantity, seeds: trainings.length},
    ratio: ofNetwork.length < trainings.length ? null : exponential(meanInterval(ofNetwork)),
    ...{fallingLayers: falls.length, layers: blocks.length - 1},
    course: courses[0]![0]!.map((_, epoch) => meanInterval(courses.map(of => of[0]![epoch]!)).mean),
  };
}

function logOfFifths(course: Course): number {
  const fifth = Math.ceil(course.length / 5);
  return Math.log(mean(course.slice(-fifth)) / mean(course.slice(0, fifth)));
}

/** The trace of one Lanczos run is that of its probe: exact for a run, with a probe's error. */
function quantityOf(block: SpectraRecord['epochs'][number]['blocks'][number], quantity: FollowedQuantity): number {
  const {nodes, weights} = decoded(block);
  if (quantity === 'top') return Math.max(...nodes[0]!);
  return block.parameters * nodes[0]!.reduce((sum, node, i) => sum + node * weights[0]![i]!, 0);
}
