import {element} from './element.js';
import {stepDomain} from './pictures/time-axis.js';
import type {PageState} from './state.js';

/** The shown range of steps as two fields, for users who do not drag. */
export class ZoomBar {
  readonly root: HTMLElement;
  private readonly from: HTMLInputElement;
  private readonly to: HTMLInputElement;
  private readonly reset: HTMLButtonElement;
  private readonly complaint = element('p', {class: 'complaint', role: 'alert', hidden: true});

  constructor(onZoom: (zoom: readonly [number, number] | null) => void) {
    const change = () => {
      const [from, to] = [this.from.valueAsNumber, this.to.valueAsNumber];
      const isGood = from < to && from >= 0;
      this.complaint.hidden = isGood;
      this.complaint.textContent = isGood ? '' : complaintOf(from, to);
      for (const field of [this.from, this.to]) field.setAttribute('aria-invalid', String(!isGood));
      if (isGood) onZoom([from, to]);
    };
    const field = (name: string) => element('input', {type: 'number', min: 0, step: 1, 'aria-label': name, change});
    this.from = field('First step shown');
    this.to = field('Last step shown');
    this.reset = element(
      'button',
      {
        type: 'button',
        class: 'small',
        disabled: true,
        click: () => {
          this.complaint.hidden = true;
          this.complaint.textContent = '';
          for (const field of [this.from, this.to]) field.removeAttribute('aria-invalid');
          onZoom(null);
        },
      },
      'All steps',
    );
    this.root = element(
      'fieldset',
      {class: 'side zoom'},
      element('legend', {}, 'Steps'),
      element('div', {}, this.from, ' to ', this.to),
      this.complaint,
      this.reset,
      element('p', {class: 'caption'}, 'Drag over a picture to zoom; double-click to reset.'),
    );
  }

  show(state: PageState): void {
    this.root.hidden = state.main === null || state.main.view.moments.step.length === 0;
    if (this.root.hidden) return;
    const [from, to] = stepDomain(state).map(Math.round) as [number, number];
    this.reset.disabled = state.zoom === null && this.complaint.textContent === '';
    for (const [field, value] of [
      [this.from, from],
      [this.to, to],
    ] as const) {
      if (document.activeElement !== field && this.complaint.textContent === '') field.value = String(value);
    }
  }
}

function complaintOf(from: number, to: number): string {
  if (!Number.isFinite(from) || !Number.isFinite(to)) return 'Type two step numbers.';
  if (from < 0) return 'Steps begin with 0.';
  return `The first step, ${from}, must be less than the last one, ${to}.`;
}
