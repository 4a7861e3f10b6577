import type {Band, BlockView, LogsView} from '../../answers.js';
import type {PageState, RunData} from '../state.js';
import {blockLooks, paletteOf} from './colors.js';
import {heatPicture} from './heat-picture.js';
import type {LineArgs} from './line-picture.js';
import {drawLines} from './line-picture.js';
import type {Series} from './lines.js';
import type {Picture} from './picture.js';
import {seriesLabel} from './picture.js';
import {spectraPicture} from './spectra-picture.js';

/** The series of the shown run, then those of the runs for comparison. */
function ofAllRuns({main, others}: PageState, seriesOf: (data: RunData) => Series[]): Series[] {
  return [...(main ? [main] : []), ...others].flatMap(seriesOf);
}

/** One line per block. */
function blockSeries(state: PageState, bandOf: (block: BlockView) => Band | null): Series[] {
  const looks = blockLooks(state.main?.view.all.map(({layer}) => layer) ?? [], state);
  return ofAllRuns(state, data =>
    data.view.blocks.flatMap(block => {
      const band = bandOf(block);
      if (band === null) return [];
      const {color, symbol} = looks.get(block.layer) ?? {color: paletteOf(state).quiet, symbol: null};
      const {step: steps} = data.view.moments;
      return [{name: seriesLabel(block.layer), color, symbol, steps, band, data, isStrong: block.layer === null}];
    }),
  );
}

function blockPicture(
  words: Pick<Picture, 'name' | 'title' | 'caption'>,
  bandOf: (block: BlockView) => Band | null,
  args: LineArgs,
): Picture {
  return {
    ...words,
    draw: (state, _, width) => drawLines(blockSeries(state, bandOf), args, state, width),
  };
}

/** The lines of what `fit` has logged. */
function logSeries(state: PageState, isShown: (log: LogsView) => boolean): Series[] {
  const names = [...new Set(ofAll(state).flatMap(({view}) => view.logs.filter(isShown).map(({name}) => name)))];
  const looks = blockLooks([null, ...names], state);
  return ofAllRuns(state, data =>
    data.view.logs.filter(isShown).map(({name, step, band}) => ({
      ...{name: logLabel(name), ...looks.get(name)!, steps: step, band, data, isStrong: false},
    })),
  );
}

const ofAll = ({main, others}: PageState): readonly RunData[] => [...(main ? [main] : []), ...others];

/** `val_acc` as "validation acc". */
function logLabel(name: string): string {
  if (name === 'learningRate') return 'learning rate';
  return name.startsWith('val_') ? `validation ${name.slice(4)}` : name;
}

const isLoss = ({name, ofBatch}: LogsView) => !ofBatch && /^(val_)?loss$/.test(name);
const isRate = ({name}: LogsView) => name === 'learningRate';
const isMetric = (log: LogsView) => !log.ofBatch && !isLoss(log) && !isRate(log);

const withoutError = (value: readonly (number | null)[]): Band => ({value, low: value, high: value});

/** The pictures of the page, in order. */
export const pictures: readonly Picture[] = [
  spectraPicture,
  blockPicture(
    {name: 'trace', title: 'Trace', caption: 'The sum of the eigenvalues; bands are ± 1 standard error.'},
    ({trace}) => trace,
    {title: 'trace', scale: 'log'},
  ),
  blockPicture(
    {name: 'top', title: 'Largest eigenvalue', caption: 'The sharpness; a true eigenvalue lies within the band.'},
    ({top}) => top,
    {title: 'largest eigenvalue', scale: 'log'},
  ),
  blockPicture(
    {
      name: 'similarity',
      title: 'Distance from the network’s spectrum',
      caption: 'Wasserstein distance of a layer’s density from the network’s, both scaled. 0: the same; low: similar.',
    },
    ({layer, similarity}) => (layer === null ? null : similarity),
    {title: 'distance', scale: 'linear'},
  ),
  heatPicture,
  {
    name: 'edge',
    title: 'Edge of stability',
    caption:
      'Sharpness over the optimizer’s threshold. Above 1, its steps along the sharpest direction grow: for full batches, where the loss is nearly quadratic. With mini-batches a training can be unstable below 1. A layer’s line is for that layer trained alone. Files of schema 1: largest eigenvalue × learning rate / 2, for plain SGD.',
    missing: ({view: {noStability}}) => (noStability === null ? null : `It is not known: ${noStability}`),
    draw(state, {view: {optimizer}}, width) {
      const label = optimizer === null ? 'edge' : `edge of ${optimizer}`;
      const args = {title: 'sharpness / threshold', scale: 'log', mark: {value: 1, label}} as const;
      return drawLines(
        blockSeries(state, ({edge}) => edge),
        args,
        state,
        width,
      );
    },
  },
  blockPicture(
    {name: 'gradient', title: 'Length of the gradient', caption: 'Of the loss, on each sample’s batch.'},
    ({gradients}) => gradients?.norm ?? null,
    {title: 'length', scale: 'log'},
  ),
  blockPicture(
    {name: 'update', title: 'Size of the newest step', caption: 'Relative to the weights that it moved.'},
    ({gradients}) => gradients?.updateRatio ?? null,
    {title: 'step / weights', scale: 'log'},
  ),
  blockPicture(
    {
      name: 'noise',
      title: 'Gradient noise scale',
      caption: 'In samples: up to this batch size, larger batches pay. Left out where the noise hides the gradient.',
    },
    ({gradients}) => gradients?.noiseScale ?? null,
    {title: 'samples', scale: 'log'},
  ),
  blockPicture(
    {
      name: 'alpha',
      title: 'Where steps end',
      caption:
        'In the quadratic along the newest step: −1 where it began, 0 at the minimum, 1 as high on the other side.',
    },
    ({layer, gradients}) => (layer === null ? (gradients?.alpha ?? null) : null),
    {title: 'α', scale: 'linear', mark: {value: 0, label: 'minimum'}},
  ),
  {
    name: 'loss',
    title: 'Loss',
    caption: 'On each sample’s batch, without regularizers; and as fit logs it by epoch, with them.',
    draw(state, _, width) {
      const series = ofAllRuns(state, data => {
        const {step: steps, loss} = data.view.moments;
        const band = withoutError(loss);
        const {ink: color} = paletteOf(state);
        return [{name: 'loss of the sample', color, symbol: 'circle', steps, band, data, isStrong: true}];
      });
      return drawLines([...series, ...logSeries(state, isLoss)], {title: 'loss', scale: 'log'}, state, width);
    },
  },
  {
    name: 'metrics',
    title: 'Metrics of the fit',
    caption: 'As fit logs them by epoch, on the training data and on the validation data.',
    draw: (state, _, width) => drawLines(logSeries(state, isMetric), {title: 'metric', scale: 'linear'}, state, width),
  },
  {
    name: 'rate',
    title: 'Learning rate',
    caption: 'Of the optimizer, at each epoch’s end.',
    draw(state, _, width) {
      const series = logSeries(state, isRate);
      // A rate that never changes needs no picture.
      if (new Set(series.flatMap(({band}) => band.value)).size < 2) return null;
      return drawLines(series, {title: 'learning rate', scale: 'log'}, state, width);
    },
  },
  {
    name: 'penalty',
    title: 'Penalty',
    caption: 'The penalty of the regularizer, by layer; bands cover the steps between.',
    draw(state, _, width) {
      const looks = blockLooks(state.main?.view.all.map(({layer}) => layer) ?? [], state);
      const {ink, quiet} = paletteOf(state);
      const series = ofAllRuns(state, data => {
        const {penalty} = data.view;
        if (penalty === null) return [];
        const {step: steps} = penalty;
        return [
          {name: 'all', color: ink, symbol: 'circle', steps, band: penalty.total, data, isStrong: true},
          ...penalty.layers
            .filter(({layer}) => state.layers?.has(layer) ?? true)
            .map(({layer, penalty: band}): Series => {
              const {color, symbol} = looks.get(layer) ?? {color: quiet, symbol: null};
              return {name: layer, color, symbol, steps, band, data, isStrong: false};
            }),
        ];
      });
      return drawLines(series, {title: 'penalty', scale: 'log'}, state, width);
    },
  },
];
