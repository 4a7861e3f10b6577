import type {Band} from '../answers.js';
import {element} from './element.js';
import {estimate, number} from './pictures/numbers.js';
import {seriesLabel} from './pictures/picture.js';
import type {PageState, RunData} from './state.js';

/** Two tables: the numbers of the newest shown sample by layer, and the newest samples. */
export class Tables {
  readonly root: HTMLElement;
  private readonly blocks = table(['layer', 'run', 'class', 'parameters', 'trace', 'largest', 'smallest', 'distance']);
  private readonly samples = table(['run', 'sample', 'epoch', 'step', 'loss', 'trace', 'largest']);

  constructor() {
    this.blocks.caption.textContent = 'Numbers by layer';
    this.samples.caption.textContent = 'Newest samples';
    const scrolled = (name: string, {root}: Table) =>
      element('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': name}, root);
    this.root = element(
      'section',
      {class: 'card wide tables', hidden: true},
      scrolled('Numbers by layer', this.blocks),
      scrolled('Newest samples', this.samples),
    );
  }

  show(state: PageState): void {
    this.root.hidden = !state.main || state.main.view.all.length === 0;
    const shown = [state.main, ...state.others].filter(data => data !== null);
    const last = state.main?.view.moments.step.at(-1);
    this.blocks.caption.textContent = `Numbers by layer${last === undefined ? '' : ` at step ${last}`}; traces ± 1 standard error, eigenvalues ± a bound`;
    this.blocks.fill(shown.flatMap(blockRows));
    const labels = new Map(state.runs.map(({key, label}) => [key, label]));
    this.samples.fill(
      state.notices
        .toReversed()
        .map(notice => [
          labels.get(notice.run) ?? notice.run,
          String(notice.index),
          String(notice.epoch + 1),
          String(notice.step),
          number(notice.loss),
          estimate(notice.trace, notice.traceStandardError),
          estimate(notice.top, notice.topResidual),
        ]),
    );
    this.samples.root.parentElement!.hidden = state.notices.length === 0;
  }
}

function blockRows({view}: RunData): string[][] {
  const k = view.moments.step.length - 1;
  // The newest moment is a single sample, so its band is its error.
  const of = ({value, high}: Band) => {
    const [best, most] = [value[k] ?? null, high[k] ?? null];
    return estimate(best, best === null || most === null ? null : most - best);
  };
  return view.blocks.map(block => [
    seriesLabel(block.layer),
    view.label,
    block.className ?? '',
    block.parameters.toLocaleString('en'),
    of(block.trace),
    of(block.top),
    of(block.bottom),
    block.layer === null ? '' : number(block.similarity.value[k], 3),
  ]);
}

interface Table {
  readonly root: HTMLTableElement;
  readonly caption: HTMLElement;
  fill(rows: readonly (readonly string[])[]): void;
}

function table(columns: readonly string[]): Table {
  const caption = element('caption');
  const body = element('tbody');
  const root = element(
    'table',
    {},
    caption,
    element('thead', {}, element('tr', {}, ...columns.map(name => element('th', {scope: 'col'}, name)))),
    body,
  );
  return {
    root,
    caption,
    fill: rows =>
      body.replaceChildren(
        ...rows.map(cells =>
          element(
            'tr',
            {},
            ...cells.map((text, i) => (i === 0 ? element('th', {scope: 'row'}, text) : element('td', {}, text))),
          ),
        ),
      ),
  };
}
