import type {Moment, SpectrumRow} from '../records/load.js';
import type {Setting} from './settings.js';
import type {MeanInterval} from './statistics.js';
import {exponential, holm, mean, meanInterval} from './statistics.js';

export const quantities = ['top', 'trace'] as const;
export type Quantity = (typeof quantities)[number];

/** Epochs that are early. */
const EARLY = 2;

/** The change between two moments: a ratio, or a difference if a value is not positive (a trace may be negative). */
export interface Change extends MeanInterval {
  readonly kind: 'ratio' | 'difference';
  /** The p-value after correction for all changes. */
  readonly adjusted: number;
}

/** Whether a change's interval, and so its uncorrected p-value, shows a fall or a rise. */
export function direction({kind, lower, upper}: Change): 'falls' | 'rises' | 'unclear' {
  const none = kind === 'ratio' ? 1 : 0;
  return upper < none ? 'falls' : lower > none ? 'rises' : 'unclear';
}

/** One setting's answer to the third claim, of the Hessian. */
export interface FallAnswer {
  readonly setting: Setting;
  readonly quantity: Quantity;
  /** For the whole network: the value at the end divided by that at initialization. */
  readonly overall: Change;
  /** Early in training, after so many epochs. */
  readonly earlyEpochs: number;
  /** The value early in training divided by that at initialization, and the value at the end divided by that early in training. */
  readonly early: Change;
  readonly later: Change;
  /** The epoch at which it is largest: the mean over seeds, among the moments with spectra. */
  readonly peakEpoch: number;
  /** Each layer's, from initialization to the end. */
  readonly layers: readonly Change[];
  /** The largest of top × learning rate / (2 (1 + momentum)) during training: 1 is the edge of stability. */
  readonly edge: MeanInterval;
  /** The same at the end. */
  readonly edgeAtEnd: MeanInterval;
}

export function fallAnswers(settings: readonly Setting[], momentumOf: (setting: Setting) => number): FallAnswer[] {
  const answers = settings.flatMap(setting =>
    quantities.map(quantity => {
      const runs = setting.of('none').map(({hessian}) => hessian);
      // The same moment for all runs. Each run's own peak would never be below its first value.
      const at = runs[0]!.findLastIndex(({epochs}, i) => i <= 1 || epochs <= EARLY);
      const value = (row: SpectrumRow) => row[quantity] ?? Number.NaN;
      const peak = (run: readonly Moment[]) => Math.max(...run.map(({full}) => value(full)));
      const first = (run: readonly Moment[]) => value(run[0]!.full);
      const last = (run: readonly Moment[]) => value(run.at(-1)!.full);
      const edge = ({full, learningRate}: Moment) =>
        ((full.top ?? Number.NaN) * (learningRate ?? Number.NaN)) / (2 * (1 + momentumOf(setting)));
      return {
        ...{setting, quantity},
        overall: change(runs.map(run => [first(run), last(run)])),
        earlyEpochs: runs[0]![at]!.epochs,
        early: change(runs.map(run => [first(run), value(run[at]!.full)])),
        later: change(runs.map(run => [value(run[at]!.full), last(run)])),
        peakEpoch: mean(runs.map(run => run.find(({full}) => value(full) === peak(run))!.epochs)),
        layers: setting.architecture.layers.map((_, i) =>
          change(runs.map(run => [value(run[0]!.layers[i]!), value(run.at(-1)!.layers[i]!)])),
        ),
        edge: meanInterval(runs.map(run => Math.max(...run.map(edge)))),
        edgeAtEnd: meanInterval(runs.map(run => edge(run.at(-1)!))),
      };
    }),
  );
  const adjusted = holm(answers.flatMap(({overall, later}) => [overall.p, later.p]));
  return answers.map((answer, i) => ({
    ...answer,
    overall: {...answer.overall, adjusted: adjusted[2 * i]!},
    later: {...answer.later, adjusted: adjusted[2 * i + 1]!},
  }));
}

function change(pairs: readonly (readonly [from: number, to: number])[]): Change {
  const isPositive = pairs.every(([from, to]) => from > 0 && to > 0);
  const found = isPositive
    ? exponential(meanInterval(pairs.map(([from, to]) => Math.log(to / from))))
    : meanInterval(pairs.map(([from, to]) => to - from));
  return {kind: isPositive ? 'ratio' : 'difference', ...found, adjusted: found.p};
}
