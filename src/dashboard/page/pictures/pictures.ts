import type {Band, BandName, BlockView, LogsView} from '../../answers.js';
import type {PageState, RunData} from '../state.js';
import {blockColors, paletteOf} from './colors.js';
import {heatPicture} from './heat-picture.js';
import type {LineArgs, Series} from './line-picture.js';
import {drawLines} from './line-picture.js';
import type {Picture} from './picture.js';
import {seriesLabel} from './picture.js';
import {spectraPicture} from './spectra-picture.js';
import {linearAxis, logAxis} from './value-axis.js';

/** The series of the shown run, then those of the run for comparison. */
function ofBothRuns(state: PageState, seriesOf: (data: RunData, isOther: boolean) => Series[]): Series[] {
  const {main, other} = state;
  return [...(main ? seriesOf(main, false) : []), ...(other ? seriesOf(other, true) : [])];
}

function named(name: string, {view}: RunData, state: PageState): string {
  return state.other ? `${name} · ${view.label}` : name;
}

/** One line per block. */
function blockSeries(state: PageState, bandOf: (block: BlockView, data: RunData) => Band | null): Series[] {
  const colors = blockColors(state.main?.view.all.map(({layer}) => layer) ?? [], state);
  return ofBothRuns(state, (data, isOther) =>
    data.view.blocks.flatMap(block => {
      const band = bandOf(block, data);
      if (band === null) return [];
      return [
        {
          name: named(seriesLabel(block.layer), data, state),
          color: colors.get(block.layer) ?? paletteOf(state).quiet,
          steps: data.view.moments.step,
          band,
          isOther,
          isStrong: block.layer === null,
        },
      ];
    }),
  );
}

function blockPicture(
  words: Pick<Picture, 'name' | 'title' | 'caption'>,
  bandOf: (block: BlockView, data: RunData) => Band | null,
  args: LineArgs,
): Picture {
  return {
    ...words,
    draw: (state, _, width) => drawLines(blockSeries(state, bandOf), args, state, width),
  };
}

const ofBlock =
  (name: BandName) =>
  (block: BlockView): Band =>
    block[name];

/** The lines of what `fit` has logged. */
function logSeries(state: PageState, data: RunData, isOther: boolean, isShown: (log: LogsView) => boolean): Series[] {
  const all = data.view.logs.filter(isShown);
  const colors = blockColors([null, ...all.map(({name}) => name)], state);
  return all.map(({name, step, band}) => ({
    name: named(logLabel(name), data, state),
    color: colors.get(name)!,
    steps: step,
    band,
    isOther,
    isStrong: false,
  }));
}

/** `val_acc` as "validation acc". */
function logLabel(name: string): string {
  return name.startsWith('val_') ? `validation ${name.slice(4)}` : name;
}

const withoutError = (value: readonly (number | null)[]): Band => ({value, low: value, high: value});

/** The pictures of the page, in order. */
export const pictures: readonly Picture[] = [
  spectraPicture,
  blockPicture(
    {name: 'trace', title: 'Trace', caption: 'The sum of the eigenvalues; bands are ± 1 standard error.'},
    ofBlock('trace'),
    {axis: logAxis},
  ),
  blockPicture(
    {name: 'top', title: 'Largest eigenvalue', caption: 'The sharpness; a true eigenvalue lies within the band.'},
    ofBlock('top'),
    {axis: logAxis},
  ),
  blockPicture(
    {
      name: 'similarity',
      title: 'Similarity to the whole',
      caption: 'Wasserstein distance of a layer’s density from the network’s, both scaled; 0 is the same.',
    },
    block => (block.layer === null ? null : block.similarity),
    {axis: linearAxis},
  ),
  heatPicture,
  {
    name: 'edge',
    title: 'Edge of stability',
    caption:
      'Sharpness over the optimizer’s threshold; above 1, its steps along the sharpest direction grow. Files of schema 1: largest eigenvalue × learning rate / 2, for plain SGD.',
    missing: ({view: {noStability}}) => (noStability === null ? null : `It is not known: ${noStability}`),
    draw(state, {view: {optimizer}}, width) {
      const label = optimizer === null ? 'edge' : `edge of ${optimizer}`;
      return drawLines(blockSeries(state, ofBlock('edge')), {axis: logAxis, mark: {value: 1, label}}, state, width);
    },
  },
  {
    name: 'loss',
    title: 'Loss',
    caption:
      'On each sample’s batch, without regularizers; and as fit logs it, with them, also on the validation data.',
    draw(state, _, width) {
      const series = ofBothRuns(state, (data, isOther) => [
        ...logSeries(state, data, isOther, ({name, ofBatch}) => !ofBatch && /^(val_)?loss$/.test(name)),
        {
          name: named('loss of the sample', data, state),
          color: paletteOf(state).ink,
          steps: data.view.moments.step,
          band: withoutError(data.view.moments.loss),
          isOther,
          isStrong: true,
        },
      ]);
      return drawLines(series, {axis: logAxis}, state, width);
    },
  },
  {
    name: 'metrics',
    title: 'Metrics of the fit',
    caption: 'As fit logs them by epoch, on the training data and (val) on the validation data.',
    draw(state, _, width) {
      const isMetric = ({name, ofBatch}: LogsView) => !ofBatch && !/^(val_)?loss$|^learningRate$/.test(name);
      const series = ofBothRuns(state, (data, isOther) => logSeries(state, data, isOther, isMetric));
      return drawLines(series, {axis: linearAxis}, state, width);
    },
  },
  {
    name: 'rate',
    title: 'Learning rate',
    caption: 'Of the optimizer, at each epoch’s end.',
    draw(state, _, width) {
      const isRate = ({name}: LogsView) => name === 'learningRate';
      const series = ofBothRuns(state, (data, isOther) => logSeries(state, data, isOther, isRate));
      // A rate that never changes needs no picture.
      if (new Set(series.flatMap(({band}) => band.value)).size < 2) return null;
      return drawLines(series, {axis: logAxis}, state, width);
    },
  },
  {
    name: 'penalty',
    title: 'Penalty',
    caption: 'The penalty of the regularizer, by layer; bands cover the steps between.',
    draw(state, _, width) {
      const colors = blockColors(state.main?.view.all.map(({layer}) => layer) ?? [], state);
      const {ink, quiet} = paletteOf(state);
      const series = ofBothRuns(state, (data, isOther) => {
        const {penalty} = data.view;
        if (penalty === null) return [];
        const line = (name: string, color: string, band: Band, isStrong: boolean): Series => ({
          name: named(name, data, state),
          color,
          steps: penalty.step,
          band,
          isOther,
          isStrong,
        });
        return [
          line('all', ink, penalty.total, true),
          ...penalty.layers
            .filter(({layer}) => state.layers?.has(layer) ?? true)
            .map(each => line(each.layer, colors.get(each.layer) ?? quiet, each.penalty, false)),
        ];
      });
      return drawLines(series, {axis: logAxis}, state, width);
    },
  },
];
