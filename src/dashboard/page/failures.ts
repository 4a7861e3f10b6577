import type {FailureGroup} from '../answers.js';
import {element} from './element.js';
import {count} from './pictures/numbers.js';
import type {PageState} from './state.js';

/** What failed in the shown run, the newest first; hidden if nothing did. */
export class Failures {
  readonly root: HTMLElement;
  private readonly caption = element('p', {class: 'caption'});
  private readonly list = element('ol', {role: 'list'});
  private readonly said = element('p', {class: 'unseen', role: 'status'});
  private shown = '';

  constructor() {
    this.root = element(
      'section',
      {class: 'card failures', 'aria-labelledby': 'failures', hidden: true},
      element('header', {}, element('div', {}, element('h2', {id: 'failures'}, 'What failed'), this.caption)),
      this.list,
      this.said,
    );
  }

  show({main}: PageState): void {
    const groups = main?.view.failures.groups ?? [];
    this.root.hidden = groups.length === 0;
    if (main === null || groups.length === 0) return;
    const text = JSON.stringify([main.view.key, groups]);
    if (text === this.shown) return;
    this.shown = text;
    const {failed, due} = main.view;
    this.caption.textContent =
      failed === 0
        ? 'The training and its samples are not affected.'
        : `${count(failed)} of ${count(due)} samples. The training is not affected. Crosses on the axes of the pictures show where.`;
    this.list.replaceChildren(...groups.map(row));
    const words = groups[0]!.isSample ? `A sample failed: ${groups[0]!.message}` : groups[0]!.message;
    if (this.said.textContent !== words) this.said.textContent = words;
  }
}

function row({step, lastStep, message, count: times, isSample, time}: FailureGroup): HTMLElement {
  const what = `${isSample ? 'sample' : 'time'}${times === 1 ? '' : 's'}`;
  const where = step === lastStep ? `step ${count(step)}` : `steps ${count(step)} to ${count(lastStep)}`;
  return element(
    'li',
    {class: 'finding', 'data-level': isSample ? 'act' : 'look'},
    element('p', {class: 'level'}, element('span', {class: 'sign', 'aria-hidden': 'true'}, '×'), where),
    element(
      'div',
      {},
      element('p', {class: 'what'}, message),
      element('p', {class: 'caption'}, `${count(times)} ${what}; the last at ${new Date(time).toLocaleString()}`),
    ),
  );
}
