import type * as Plot from '@observablehq/plot';
import type {Panel, Panels} from './spectra-panels.js';

/** From places in panels to pixels of a drawing, and back. Its scales `x` and `y` are those of the first panel. */
export class PanelPixels {
  private readonly scales: Readonly<Record<'fx' | 'fy' | 'x' | 'y', Plot.Scale>>;

  constructor(
    plot: Plot.Plot,
    private readonly panels: Panels,
  ) {
    const [fx, fy, x, y] = (['fx', 'fy', 'x', 'y'] as const).map(name => plot.scale(name)!);
    this.scales = {fx: fx!, fy: fy!, x: x!, y: y!};
  }

  x(place: number): number {
    return this.scales.x.apply(place) as number;
  }

  y(row: number): number {
    return this.scales.y.apply(row) as number;
  }

  /** How far a column is to the right of the first one. */
  right(column: number): number {
    return moved(this.scales.fx, column);
  }

  /** How far a line of panels is below the first one. */
  down(line: number): number {
    return moved(this.scales.fy, line);
  }

  /** The panel nearest to a pixel, and the pixel's place in it; `null` if no block has that panel. */
  find(pixelX: number, pixelY: number): {readonly panel: Panel; readonly x: number; readonly y: number} | null {
    const {columns, lines, blocks} = this.panels;
    const {fx, fy, x, y} = this.scales;
    const column = nearestTo(fx, columns, pixelX);
    const line = nearestTo(fy, lines, pixelY);
    const panel = blocks[line * columns + column];
    if (panel === undefined) return null;
    const place = x.invert!(pixelX - this.right(column)) as number;
    return {panel, x: place, y: y.invert!(pixelY - this.down(line)) as number};
  }
}

function moved(scale: Plot.Scale, i: number): number {
  return (scale.apply(i) as number) - (scale.apply(0) as number);
}

function nearestTo(scale: Plot.Scale, count: number, pixel: number): number {
  const width = scale.bandwidth ?? 0;
  const distance = (i: number) => Math.abs((scale.apply(i) as number) + width / 2 - pixel);
  return Array.from({length: count}, (_, i) => i).reduce((best, i) => (distance(i) < distance(best) ? i : best), 0);
}
