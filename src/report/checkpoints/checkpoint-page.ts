import {densityFigure} from '../density-figure.js';
import type {ReportFacts} from '../facts.js';
import {quantities} from '../interval-figure.js';
import {escaped} from '../markup.js';
import {figureMarkup, pageMarkup, tableMarkup} from '../page-markup.js';
import {type BlockCourse, type Checkpoint, courses, isMeasured} from './checkpoint.js';
import {checkpointAxis} from './checkpoint-axis.js';
import {checkpointTable} from './checkpoint-table.js';
import {type Course, courseFigure, evenly} from './course-figure.js';

/** The most rows of the densities. */
const MOST_ROWS = 24;

const [trace, top] = quantities as [(typeof quantities)[number], (typeof quantities)[number]];

/** The curvature over several checkpoints as a single HTML file. */
export function checkpointPage(checkpoints: readonly Checkpoint[], facts: ReportFacts, document: Document): string {
  const measured = checkpoints.filter(isMeasured);
  const [network, ...layers] = courses(checkpoints);
  const axis = checkpointAxis(checkpoints);
  const names = checkpoints.map(({name}) => name);
  const figure = (name: string, caption: string, values: Course['values'], height: number, isLayer = false) =>
    figureMarkup(name, caption, document, args => courseFigure({names, axis, values}, {...args, height, isLayer}));
  const valuesOf = ({points}: BlockCourse, {of}: typeof trace): Course['values'] =>
    checkpoints.map(checkpoint => {
      const point = points.find(each => each.checkpoint === checkpoint);
      return point === undefined ? null : of(point.block);
    });
  const {titles, rows} = checkpointTable(checkpoints);
  const shown = evenly(network?.points ?? [], MOST_ROWS);
  const parts = [
    ...(network === undefined
      ? []
      : [
          figure(
            'Loss',
            measured.length < checkpoints.length ? `Without regularizers. ${CROSS}` : 'Without regularizers.',
            checkpoints.map(each => (isMeasured(each) ? {value: each.loss, error: null} : null)),
            200,
          ),
          figure('Trace', TRACE, valuesOf(network, trace), 200),
          figure('Largest eigenvalue', TOP, valuesOf(network, top), 200),
          figureMarkup(
            'Spectral densities of the whole network',
            `log₁₀(1 + eigenvalues per decade), from the first checkpoint to the last${shown.length < measured.length ? `; ${shown.length} of ${measured.length}, evenly spaced` : ''}. Dots: the largest eigenvalues.`,
            document,
            args =>
              densityFigure(
                shown.map(({checkpoint: {name}, block}) => ({...block, label: name})),
                args,
              ),
          ),
        ]),
    ...layers.flatMap(layer => [
      figure(`Trace of ${layer.label}`, '', valuesOf(layer, trace), 140, true),
      figure(`Largest eigenvalue of ${layer.label}`, '', valuesOf(layer, top), 140, true),
    ]),
  ];
  return pageMarkup(
    facts,
    `${failures(checkpoints)}${parts.join('\n')}
<h2>Numbers</h2>
<p>Traces and norms: ± 1 standard error. Eigenvalues: ± a bound, within which a true eigenvalue lies. Below zero: the 95 % interval.</p>
${tableMarkup(titles, rows)}`,
  );
}

const CROSS = 'A cross is a checkpoint without numbers.';
const TRACE =
  'The sum of the eigenvalues, ± 1 standard error over the probes. Checkpoints of one network have the same probes.';
const TOP = 'A true eigenvalue lies within the bar.';

function failures(checkpoints: readonly Checkpoint[]): string {
  const failed = checkpoints.filter(each => !isMeasured(each));
  if (failed.length === 0) return '';
  const lines = failed.map(each => `<li>${escaped(each.name)}: ${escaped(isMeasured(each) ? '' : each.error)}</li>`);
  return `<h2>Without numbers</h2>\n<ul>\n${lines.join('\n')}\n</ul>\n`;
}
