import {middleMostSimilar} from 'tfjs-hessian';
import type {Moment} from '../records/load.js';
import type {DistanceKind} from './distances.js';
import {distancesBetween} from './distances.js';
import type {Operator} from './layer-distances.js';
import type {Setting} from './settings.js';
import type {MeanInterval} from './statistics.js';
import {holm, mean, meanInterval, rankChance} from './statistics.js';

/** One setting's answer to the second claim, at the end of training. */
export interface MiddleAnswer {
  readonly setting: Setting;
  readonly operator: Operator;
  readonly kind: DistanceKind;
  /** The rank of the middle layers by distance; 1 is the most similar. */
  readonly rank: MeanInterval;
  readonly initialRank: MeanInterval;
  /** The expected rank if all layers are alike: (layers + 1) / 2. */
  readonly expected: number;
  /** The p-value of the mean rank if all layers are alike, and the p-value adjusted over the answers. */
  readonly chance: number;
  readonly adjusted: number;
  /** The most similar layer by mean distance, its share of the parameters, and the number of trainings in which it is the most similar. */
  readonly closest: {readonly layer: string; readonly share: number; readonly times: number};
  /** The middle layers' share of the parameters. */
  readonly middleShare: number;
  /** Spearman's correlation, over layers, of distance and share of the parameters. */
  readonly sizeCorrelation: MeanInterval;
}

/** The rank of the middle layers in a moment's spectra. */
function middleRank(moment: Moment, kind: DistanceKind): number {
  // The package's metric reads the field with this name.
  return middleMostSimilar(
    ownDistances(moment, kind).map(distance => ({similarity: {wasserstein: distance, jensenShannon: distance}})),
  );
}

/** Of each layer's spectrum to the network's. */
function ownDistances({layers, full}: Moment, kind: DistanceKind): number[] {
  return layers.map(layer => distancesBetween(layer, full)[kind]);
}

export function middleAnswers(settings: readonly Setting[], operator: Operator, kind: DistanceKind): MiddleAnswer[] {
  const answers = settings.map(setting => {
    const {architecture} = setting;
    const trainings = setting.of('none');
    const last = trainings.map(training => training[operator].at(-1)!);
    const ranks = last.map(moment => middleRank(moment, kind));
    const {layers} = architecture;
    const total = last[0]!.layers.reduce((sum, {parameters}) => sum + parameters, 0);
    const shares = last[0]!.layers.map(({parameters}) => parameters / total);
    const own = last.map(moment => ownDistances(moment, kind));
    const distances = layers.map((_, i) => mean(own.map(of => of[i]!)));
    const closest = distances.indexOf(Math.min(...distances));
    const times = own.filter(of => of.indexOf(Math.min(...of)) === closest).length;
    return {
      ...{setting, operator, kind},
      rank: meanInterval(ranks),
      initialRank: meanInterval(trainings.map(training => middleRank(training[operator][0]!, kind))),
      expected: (layers.length + 1) / 2,
      chance: rankChance(ranks, layers.length, architecture.middle.length as 1 | 2),
      closest: {layer: layers[closest]!, share: shares[closest]!, times},
      middleShare: layers.reduce((sum, name, i) => sum + (architecture.middle.includes(name) ? shares[i]! : 0), 0),
      sizeCorrelation: meanInterval(own.map(of => spearman(of, shares))),
    };
  });
  const adjusted = holm(answers.map(({chance}) => chance));
  return answers.map((answer, i) => ({...answer, adjusted: adjusted[i]!}));
}

function spearman(a: readonly number[], b: readonly number[]): number {
  const order = (values: readonly number[]) =>
    values.map(
      value => values.filter(other => other < value).length + (values.filter(other => other === value).length - 1) / 2,
    );
  const [x, y] = [order(a), order(b)];
  const center = (a.length - 1) / 2;
  const product = (p: readonly number[], q: readonly number[]) =>
    p.reduce((sum, value, i) => sum + (value - center) * (q[i]! - center), 0);
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}
