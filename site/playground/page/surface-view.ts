import * as Plot from '@observablehq/plot';
import type {LossSurface} from 'tfjs-hessian';
import {element} from '../../../src/dashboard/page/element.js';
import {number} from '../../../src/dashboard/page/pictures/numbers.js';
import type {Palette} from '../../../src/report/palette.js';
import {darkPalette, lightPalette} from '../../../src/report/palette.js';
import type {SurfaceAsk} from '../messages.js';
import {SurfaceSolid} from './surface-solid.js';

const POINTS = 25;
const NAMES: Readonly<Record<SurfaceAsk['directions'], string>> = {
  eigenvectors: 'the top two eigenvectors',
  filterNormalized: 'two random directions, filter-normalized',
};

/** The loss on a plane through the weights: as a map, and as a surface that can be turned. */
export class SurfaceView {
  readonly root: HTMLElement;
  private readonly directions = element(
    'select',
    {'aria-label': 'Directions of the loss surface'},
    ...Object.entries(NAMES).map(([value, text]) => element('option', {value}, text)),
  );
  private readonly range = element('input', {
    ...{type: 'number', min: 0.01, max: 10, step: 'any', value: 1, 'aria-label': 'Range of the loss surface'},
  });
  private readonly button: HTMLButtonElement;
  private readonly said = element('p', {class: 'caption', role: 'status'});
  private readonly map = element('div', {class: 'surface-map', role: 'img', hidden: true});
  private readonly solid = new SurfaceSolid();
  private surface: LossSurface | null = null;
  /** What the training has not answered. */
  private asked: SurfaceAsk | null = null;
  private palette: Palette = lightPalette;

  constructor(private readonly onAsk: (ask: SurfaceAsk) => void) {
    this.button = element('button', {
      type: 'button',
      class: 'small',
      click: () => {
        if (!this.range.reportValidity()) return;
        this.button.disabled = true;
        this.said.textContent = 'The training waits for the surface …';
        const directions = this.directions.value as SurfaceAsk['directions'];
        this.asked = {directions, range: this.range.valueAsNumber, points: POINTS};
        onAsk(this.asked);
      },
    });
    this.button.textContent = 'Compute';
    this.root = element(
      'section',
      {class: 'card wide surface', 'aria-labelledby': 'surface-title'},
      element(
        'header',
        {},
        element(
          'div',
          {},
          element('h2', {id: 'surface-title'}, 'Loss surface'),
          element(
            'p',
            {class: 'caption'},
            'The loss on a plane through the current weights, along two directions; logarithmic.',
          ),
        ),
        element(
          'div',
          {class: 'tools'},
          this.directions,
          element('span', {class: 'span'}, '± ', this.range),
          this.button,
        ),
      ),
      this.said,
      element('div', {class: 'surface-pictures'}, this.map, this.solid.root),
    );
  }

  set theme(theme: 'light' | 'dark') {
    this.palette = theme === 'dark' ? darkPalette : lightPalette;
    this.draw();
  }

  progress(done: number, total: number): void {
    this.said.textContent = `The training waits for the surface: ${Math.round((100 * done) / total)} %`;
  }

  /** A surface, or why there is none. */
  show(surface: LossSurface | null, step: number): void {
    this.button.disabled = false;
    this.asked = null;
    if (surface === null) {
      this.said.textContent = '';
      return;
    }
    this.surface = surface;
    const all = surface.loss.flat();
    const curvatures = surface.eigenvalues?.map(({value}) => number(value, 3)).join(' and ');
    this.said.textContent =
      `Step ${step.toLocaleString('en')}, along ${NAMES[surface.directions as SurfaceAsk['directions']]}: the loss is ` +
      `${number(surface.center, 3)} in the middle, and from ${number(Math.min(...all), 3)} to ${number(Math.max(...all), 3)} around it` +
      `${curvatures ? `; the curvatures are ${curvatures}` : ''}.`;
    this.draw();
  }

  /** Takes the surface of a training that is over away. */
  clear(): void {
    this.surface = null;
    if (this.asked === null) this.said.textContent = '';
    this.draw();
  }

  /** Asks the next training for what the last one has not answered. */
  askAgain(): void {
    if (this.asked !== null) this.onAsk(this.asked);
  }

  private draw(): void {
    const {surface, palette} = this;
    this.map.hidden = surface === null;
    this.solid.show(surface, palette);
    if (surface !== null) this.drawMap(surface);
  }

  private drawMap({u, v, loss}: LossSurface): void {
    const {palette} = this;
    this.map.setAttribute('aria-label', `A map of the loss. ${this.said.textContent}`);
    const [columns, rows] = [u.length, v.length];
    const logs = v.flatMap((_, j) => u.map((__, i) => Math.log(Math.max(loss[i]![j]!, 1e-12))));
    const [left, right] = outerEdges(u);
    const [bottom, top] = outerEdges(v);
    const picture = Plot.plot({
      document,
      width: 420,
      height: 380,
      marginLeft: 46,
      marginRight: 12,
      style: {fontSize: '12px', color: palette.quiet, background: 'none'},
      x: {label: 'first direction', domain: [u[0]!, u.at(-1)!]},
      y: {label: 'second direction', domain: [v[0]!, v.at(-1)!]},
      color: {type: 'linear', scheme: 'viridis', legend: false},
      marks: [
        Plot.contour(logs, {
          ...{width: columns, height: rows, x1: left, x2: right, y1: bottom, y2: top, clip: true},
          ...{
            value: Plot.identity,
            fill: 'value',
            stroke: palette.paper,
            strokeOpacity: 0.4,
            thresholds: thresholds(logs),
          },
        }),
        Plot.dot([{a: 0, b: 0}], {x: 'a', y: 'b', r: 4, fill: palette.accent, stroke: palette.paper}),
      ],
    });
    picture.setAttribute('aria-hidden', 'true');
    this.map.replaceChildren(picture);
  }
}

/** The edges of cells around evenly spaced points. */
function outerEdges(points: readonly number[]): [from: number, to: number] {
  const half = (points.at(-1)! - points[0]!) / (points.length - 1) / 2;
  return [points[0]! - half, points.at(-1)! + half];
}

/** The least values of the map's colors, evenly spaced. */
function thresholds(values: readonly number[]): number[] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return Array.from({length: 16}, (_, i) => least + ((most - least) * i) / 16);
}
