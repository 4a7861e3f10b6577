import type {Band, BandName, BlockView} from '../../answers.js';
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
    caption: 'On each sample’s batch, without regularizers.',
    draw(state, _, width) {
      const series = ofBothRuns(state, (data, isOther) => [
        {
          name: named('loss', data, state),
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
