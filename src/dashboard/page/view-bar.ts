import {element} from './element.js';
import type {TimeUnit} from './pictures/timeline.js';
import type {PageState} from './state.js';

const UNITS: readonly (readonly [TimeUnit, string])[] = [
  ['step', 'steps'],
  ['epoch', 'epochs'],
  ['time', 'hours'],
];
const SCALES: readonly (readonly [PageState['scale'], string])[] = [
  ['auto', 'as fits each'],
  ['linear', 'linear'],
  ['log', 'logarithmic'],
];
const SMOOTHINGS = [0, 2, 5, 20] as const;

/** What the axes show, and how lines are smoothed. */
export class ViewBar {
  readonly root: HTMLElement;

  constructor(onChange: (change: Partial<Pick<PageState, 'unit' | 'scale' | 'smoothing'>>) => void) {
    const choice = <T extends string | number>(
      name: string,
      options: readonly (readonly [T, string])[],
      choose: (value: T) => void,
    ) => {
      const id = `view-${name.split(' ')[0]!.toLowerCase()}`;
      const select = element(
        'select',
        {id, change: () => choose(options[select.selectedIndex]![0])},
        ...options.map(([value, text]) => element('option', {value}, text)),
      );
      return element('div', {class: 'choice'}, element('label', {for: id}, name), select);
    };
    this.root = element(
      'fieldset',
      {class: 'side view', hidden: true},
      element('legend', {}, 'Axes'),
      choice('Across', UNITS, unit => onChange({unit})),
      choice('Values', SCALES, scale => onChange({scale})),
      choice(
        'Smoothing',
        SMOOTHINGS.map(half => [half, half === 0 ? 'none' : `half-life ${half}`] as const),
        smoothing => onChange({smoothing}),
      ),
    );
  }

  show({main}: PageState): void {
    this.root.hidden = main === null;
  }
}
