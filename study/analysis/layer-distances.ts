import type {DensityRecord} from 'tfjs-hessian';
import type {Moment, SpectrumRow} from '../records/load.js';
import type {DistanceKind, Distances} from './distances.js';
import {distancesBetween} from './distances.js';
import type {Setting} from './settings.js';
import type {MeanInterval} from './statistics.js';
import {holm, mean, meanInterval} from './statistics.js';

export type Operator = 'hessian' | 'gaussNewton';

/** The spectra that a layer's spectrum at the end of training is compared with, besides that of its own network. */
export const referenceKinds = ['own', 'other seeds', 'other network', 'initial', 'zero', 'random', 'noise'] as const;
export type ReferenceKind = (typeof referenceKinds)[number];

export interface LayerDistances {
  readonly layer: string;
  /** One value per seed; `null` if there is nothing to compare with. */
  readonly to: Readonly<Record<ReferenceKind, readonly Distances[] | null>>;
}

/** The distances of a setting's layers, with random matrices of their sizes. */
export function layerDistances(
  setting: Setting,
  all: readonly Setting[],
  operator: Operator,
  goe: ReadonlyMap<number, DensityRecord>,
): LayerDistances[] {
  const trainings = setting.of('none');
  const last = trainings.map(training => training[operator].at(-1)!);
  const first = trainings.map(training => training[operator][0]!);
  const others = all.filter(other => other.dataSet === setting.dataSet && other.model !== setting.model);
  return setting.architecture.layers.map((name, i) => {
    const layer = last.map(moment => moment.layers[i]!);
    const perSeed = (of: (seed: number) => Distances | null): readonly Distances[] | null => {
      const found = layer.map((_, s) => of(s));
      return found.every(distances => distances !== null) ? found : null;
    };
    return {
      layer: name,
      to: {
        own: perSeed(s => distancesBetween(layer[s]!, last[s]!.full)),
        'other seeds': perSeed(s =>
          average(last.filter((_, other) => other !== s).map(({full}) => distancesBetween(layer[s]!, full))),
        ),
        'other network': perSeed(s =>
          average(
            others.flatMap(other => {
              const training = other.of('none').find(({seed}) => seed === setting.seeds[s]);
              return training ? [distancesBetween(layer[s]!, training[operator].at(-1)!.full)] : [];
            }),
          ),
        ),
        initial: perSeed(s => distancesBetween(layer[s]!, first[s]!.full)),
        zero: perSeed(s => distancesBetween(nothing, last[s]!.full)),
        random: perSeed(s => distancesBetween(goe.get(layer[s]!.parameters)!, last[s]!.full)),
        noise: perSeed(s => betweenProbes(last[s]!.full)),
      },
    };
  });
}

/** The spectrum of the zero matrix. */
const nothing: DensityRecord = {nodes: [[0]], weights: [[1]]};

/** The distance of two estimates of the same spectrum, from half of the probes each. */
function betweenProbes({nodes, weights}: SpectrumRow): Distances | null {
  if (nodes.length < 2) return null;
  const half = Math.floor(nodes.length / 2);
  const part = (from: number, to: number) => ({nodes: nodes.slice(from, to), weights: weights.slice(from, to)});
  return distancesBetween(part(0, half), part(half, 2 * half));
}

function average(distances: readonly Distances[]): Distances | null {
  if (distances.length === 0) return null;
  return {
    wasserstein: mean(distances.map(d => d.wasserstein)),
    jensenShannon: mean(distances.map(d => d.jensenShannon)),
    energy: mean(distances.map(d => d.energy)),
  };
}

/** One setting's answer to the first claim: distances averaged over layers. */
export interface ShapeAnswer {
  readonly setting: Setting;
  readonly operator: Operator;
  readonly kind: DistanceKind;
  readonly layers: readonly LayerDistances[];
  /** `null` if there is nothing to compare with. */
  readonly to: Readonly<Record<ReferenceKind, MeanInterval | null>>;
  /** The distance to the own network minus that to a reference, paired by seed. It is negative if the layer is more similar to its own network. */
  readonly less: Readonly<Record<Exclude<ReferenceKind, 'own' | 'noise'>, (MeanInterval & {adjusted: number}) | null>>;
}

/** Answers for all settings; p-values are adjusted over all comparisons of one operator and one kind of distance. */
export function shapeAnswers(
  settings: readonly Setting[],
  operator: Operator,
  kind: DistanceKind,
  goe: ReadonlyMap<number, DensityRecord>,
): ShapeAnswer[] {
  const compared = ['other seeds', 'other network', 'initial', 'zero', 'random'] as const;
  const raw = settings.map(setting => {
    const layers = layerDistances(setting, settings, operator, goe);
    const bySeed = (reference: ReferenceKind): number[] | null => {
      if (layers.some(({to}) => to[reference] === null)) return null;
      // The zero matrix has no energy.
      if (kind === 'energy' && reference === 'zero') return null;
      return setting.seeds.map((_, s) => mean(layers.map(({to}) => to[reference]![s]![kind])));
    };
    const own = bySeed('own')!;
    const less = compared.map(reference => {
      const values = bySeed(reference);
      return values === null ? null : meanInterval(own.map((value, s) => value - values[s]!));
    });
    const to = Object.fromEntries(
      referenceKinds.map(reference => {
        const values = bySeed(reference);
        return [reference, values === null ? null : meanInterval(values)];
      }),
    ) as ShapeAnswer['to'];
    return {setting, layers, to, less};
  });
  const tested = raw.flatMap(({less}) => less.filter(found => found !== null));
  const adjusted = new Map(holm(tested.map(({p}) => p)).map((p, i) => [tested[i]!, p]));
  return raw.map(({setting, layers, to, less}) => ({
    ...{setting, operator, kind, layers, to},
    less: Object.fromEntries(
      compared.map((reference, i) => [reference, less[i] && {...less[i], adjusted: adjusted.get(less[i])!}]),
    ) as ShapeAnswer['less'],
  }));
}

/** Sizes of all layers, for which random matrices are needed. */
export function layerSizes(settings: readonly Setting[]): number[] {
  const sizes = settings.flatMap(setting => firstMoment(setting).layers.map(({parameters}) => parameters));
  return [...new Set(sizes)];
}

function firstMoment(setting: Setting): Moment {
  return setting.of('none')[0]!.hessian[0]!;
}
