import type {BlockFacts} from '../answers.js';
import {element} from './element.js';
import {blockLooks, type Look} from './pictures/colors.js';
import {make, shortened, symbolAt} from './pictures/legend.js';
import {seriesLabel} from './pictures/picture.js';
import type {PageState} from './state.js';

/** With more layers than this, a search field is shown. */
const SEARCHED = 12;
/** Fits beside its box, so that the end of a name, which tells layers apart, is not cut. */
const LETTERS = 14;

/** A check box for each layer; it is also the legend of the pictures. */
export class LayerList {
  readonly root: HTMLElement;
  private readonly list = element('div', {class: 'layers'});
  private readonly why = element('p', {class: 'caption'});
  private readonly search = element('input', {
    type: 'search',
    placeholder: 'Find a layer',
    'aria-label': 'Find a layer',
    hidden: true,
    input: () => this.filter(),
  });
  private boxes = new Map<string | null, {box: HTMLInputElement; swatch: HTMLElement; row: HTMLElement}>();

  constructor(private readonly onChoice: (layers: Set<string | null>) => void) {
    const all = (checked: boolean) => () => {
      for (const {box, row} of this.boxes.values()) if (!row.hidden) box.checked = checked;
      this.tell();
    };
    this.root = element(
      'fieldset',
      {class: 'side', hidden: true},
      element('legend', {}, 'Layers'),
      element(
        'div',
        {class: 'tools'},
        element('button', {type: 'button', class: 'small', click: all(true), 'aria-label': 'Show all layers'}, 'All'),
        element(
          'button',
          {type: 'button', class: 'small', click: all(false), 'aria-label': 'None: show no layer'},
          'None',
        ),
      ),
      this.search,
      this.list,
      this.why,
    );
  }

  /**
   * Shows the blocks of a run.
   *
   * @param all all blocks.
   */
  show(all: readonly BlockFacts[], state: PageState): void {
    this.root.hidden = all.length === 0;
    const names = all.map(({layer}) => layer);
    const looks = blockLooks(names, state);
    if (names.length !== this.boxes.size || names.some(name => !this.boxes.has(name))) this.make(all);
    const shown = names.filter(name => state.layers?.has(name)).length;
    this.why.textContent = `${shown} of ${names.length} shown${state.whyLayers === '' ? '' : `: ${state.whyLayers}`}.`;
    for (const [layer, {box, swatch}] of this.boxes) {
      box.checked = state.layers?.has(layer) ?? false;
      if (looks.has(layer)) drawLook(swatch, looks.get(layer)!);
    }
  }

  private make(all: readonly BlockFacts[]): void {
    this.boxes = new Map(
      all.map(({layer, className, parameters}) => {
        const box = element('input', {type: 'checkbox', change: () => this.tell()});
        const swatch = element('i', {class: 'swatch'});
        const what = `${className ?? 'all layers'}, ${parameters.toLocaleString('en')} parameters`;
        const row = element(
          'label',
          {title: `${seriesLabel(layer)}: ${what}`},
          box,
          swatch,
          element('span', {}, shortened(seriesLabel(layer), LETTERS)),
        );
        return [layer, {box, swatch, row}];
      }),
    );
    this.search.hidden = all.length <= SEARCHED;
    this.list.replaceChildren(...[...this.boxes.values()].map(({row}) => row));
  }

  private filter(): void {
    const wanted = this.search.value.trim().toLowerCase();
    for (const [layer, {row}] of this.boxes) row.hidden = !seriesLabel(layer).toLowerCase().includes(wanted);
  }

  private tell(): void {
    this.onChoice(new Set([...this.boxes].filter(([, {box}]) => box.checked).map(([layer]) => layer)));
  }
}

/** The color and the shape of a layer's lines; without a shape, a square of the color. */
function drawLook(swatch: HTMLElement, {color, symbol}: Look): void {
  const look = `${color} ${symbol}`;
  if (swatch.dataset.look === look) return;
  swatch.dataset.look = look;
  swatch.style.background = symbol === null ? color : 'none';
  swatch.replaceChildren();
  if (symbol === null) return;
  const svg = make('svg', {width: 11, height: 11, viewBox: '0 0 10 10', 'aria-hidden': 'true'});
  svg.append(symbolAt(symbol, 5, 5, color));
  swatch.append(svg);
}
