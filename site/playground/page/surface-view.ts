import type {LossSurface} from 'tfjs-hessian';
import {element} from '../../../src/dashboard/page/element.js';
import {number} from '../../../src/dashboard/page/pictures/numbers.js';
import type {Palette} from '../../../src/report/palette.js';
import {darkPalette, lightPalette} from '../../../src/report/palette.js';
import type {SurfaceAsk} from '../messages.js';
import type {SurfacePictures} from './surface-pictures.js';

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
  private readonly place = element('div', {class: 'surface-pictures'});
  /** Fetched for the first surface. */
  private pictures: Promise<SurfacePictures> | null = null;
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
      this.place,
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
    if (this.surface === null && this.pictures === null) return;
    this.pictures ??= this.fetch();
    this.pictures.then(
      pictures => pictures.show(this.surface, this.palette, this.said.textContent),
      (error: Error) => {
        this.pictures = null;
        this.said.textContent = `The surface could not be drawn: ${error.message}`;
      },
    );
  }

  private async fetch(): Promise<SurfacePictures> {
    const {SurfacePictures} = await import('./surface-pictures.js');
    const pictures = new SurfacePictures();
    this.place.append(pictures.map, pictures.solid.root);
    return pictures;
  }
}
