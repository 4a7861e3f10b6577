import * as Plot from '@observablehq/plot';
import type {LossSurface} from 'tfjs-hessian';
import {element} from '../../../src/dashboard/page/element.js';
import type {Palette} from '../../../src/report/palette.js';
import {SurfaceSolid} from './surface-solid.js';

/** A loss surface as a map, and as a surface that can be turned. */
export class SurfacePictures {
  readonly map = element('div', {class: 'surface-map', role: 'img', hidden: true});
  readonly solid = new SurfaceSolid();

  /** @param said what the surface shows, in words. */
  show(surface: LossSurface | null, palette: Palette, said: string): void {
    this.map.hidden = surface === null;
    this.solid.show(surface, palette);
    if (surface === null) return;
    this.map.setAttribute('aria-label', `A map of the loss. ${said}`);
    this.drawMap(surface, palette);
  }

  private drawMap({u, v, loss}: LossSurface, palette: Palette): void {
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
