import {element} from './element.js';
import {stepDomain} from './pictures/time-axis.js';
import type {PageState} from './state.js';

/** The shown range of steps as two fields, for users who do not drag. */
export class ZoomBar {
  readonly root: HTMLElement;
  private readonly from: HTMLInputElement;
  private readonly to: HTMLInputElement;
  private readonly reset: HTMLButtonElement;

  constructor(onZoom: (zoom: readonly [number, number] | null) => void) {
    const change = () => {
      const [from, to] = [this.from.valueAsNumber, this.to.valueAsNumber];
      if (from < to) onZoom([from, to]);
    };
    const field = (name: string) => element('input', {type: 'number', min: 0, step: 1, 'aria-label': name, change});
    this.from = field('First step shown');
    this.to = field('Last step shown');
    this.reset = element(
      'button',
      {type: 'button', class: 'small', disabled: true, click: () => onZoom(null)},
      'All steps',
    );
    this.root = element(
      'fieldset',
      {class: 'side zoom'},
      element('legend', {}, 'Steps'),
      element('div', {}, this.from, ' to ', this.to),
      this.reset,
      element('p', {class: 'caption'}, 'Drag over a picture to zoom; double-click to reset.'),
    );
  }

  show(state: PageState): void {
    this.root.hidden = !state.main || state.main.view.moments.step.length === 0;
    if (this.root.hidden) return;
    const [from, to] = stepDomain(state);
    this.reset.disabled = state.zoom === null;
    for (const [field, value] of [
      [this.from, from],
      [this.to, to],
    ] as const) {
      if (document.activeElement !== field) field.value = String(value);
    }
  }
}
