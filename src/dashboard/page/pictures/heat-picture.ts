import * as Plot from '@observablehq/plot';
import {fonts} from '../../../report/palette.js';
import {paletteOf} from './colors.js';
import {failureMarks, failuresNear} from './failure-marks.js';
import {make, shortened} from './legend.js';
import {number} from './numbers.js';
import type {Picture} from './picture.js';
import {HEIGHT, MARGINS} from './picture.js';
import {timeAxis, timeDomain, timeline} from './time-axis.js';
import {axisTitle, linearAxis, logAxis, tickLabel} from './value-axis.js';

const LEFT = 124;
const LETTERS = 17;
const TITLES = {top: 'largest eigenvalue', trace: 'trace', similarity: 'distance'} as const;

/** All layers over time: one row per layer, for any number of layers. */
export const heatPicture: Picture = {
  name: 'heat',
  title: 'All layers over time',
  caption: 'A row a layer, first to last; the colour is the chosen number at each moment.',
  draw(state, {view}, width) {
    const palette = paletteOf(state);
    const names = view.all.filter(({layer}) => layer !== null).map(({layer}) => layer!);
    const rows = view.heat[state.heat];
    const {step: steps} = view.heat;
    const domain = timeDomain(state);
    const ofMain = timeline(state, state.main);
    const edges = edgesOf(steps.map(ofMain.of), domain);
    const values = rows.flat().filter(value => value !== null);
    if (values.length === 0) return null;
    const axis = state.heat === 'similarity' ? linearAxis(values) : logAxis(values);
    const [least, most] = [Math.min(...values.map(axis.place)), Math.max(...values.map(axis.place))];
    const named = evenlyChosen(names.length, Math.floor((HEIGHT - MARGINS.marginTop - MARGINS.marginBottom) / 16));
    const svg = Plot.plot({
      document,
      width,
      height: HEIGHT,
      ...MARGINS,
      marginLeft: LEFT,
      marginTop: 30,
      style: {fontFamily: fonts, fontSize: '12px', color: palette.quiet, background: 'none', overflow: 'visible'},
      x: {type: 'linear', domain},
      y: {type: 'linear', domain: [names.length - 0.5, -0.5]},
      color: {
        type: 'linear',
        scheme: state.theme === 'dark' ? 'magma' : 'ylgnbu',
        domain: least < most ? [least, most] : [least - 1, most + 1],
      },
      marks: [
        Plot.axisY(named, {
          tickFormat: (y: number) => shortened(names[y]!, LETTERS),
          tickSize: 0,
          tickPadding: 8,
          label: null,
        }),
        axisTitle(TITLES[state.heat], state.heat === 'similarity' ? 'linear' : 'log'),
        timeAxis(state, width, 120),
        ...failureMarks(state, domain, palette.accent),
      ],
    }) as SVGSVGElement & Plot.Plot;
    const [color, x, y] = (['color', 'x', 'y'] as const).map(name => svg.scale(name)!) as [
      Plot.Scale,
      Plot.Scale,
      Plot.Scale,
    ];
    const columns = edges.map(edge => x.apply(Math.max(domain[0], Math.min(domain[1], edge))) as number);
    svg.prepend(
      cellsImage(rows, columns, y.apply(-0.5) as number, y.apply(names.length - 0.5) as number, value =>
        color.apply(axis.place(value)),
      ),
    );
    svg.append(
      ...legend(
        width,
        least,
        most,
        place => color.apply(place) as string,
        [Math.min(...values), Math.max(...values)],
        palette.quiet,
      ),
    );
    return {
      svg,
      time: {
        toPixel: step => x.apply(ofMain.of(step)) as number,
        toStep: pixel => ofMain.back(x.invert!(pixel) as number),
      },
      cells: {
        steps,
        rows: names.length,
        at: (k, row) => [x.apply((edges[k]! + edges[k + 1]!) / 2) as number, y.apply(row) as number],
      },
      read(pixelX, pixelY) {
        const row = Math.round(y.invert!(pixelY) as number);
        const at = x.invert!(pixelX) as number;
        const k = edges.findIndex((edge, i) => at >= edge && at <= (edges[i + 1] ?? Number.NEGATIVE_INFINITY));
        const value = rows[row]?.[k];
        if (value === undefined || value === null) return null;
        const place = axis.place(value);
        return {
          title: `step ${steps[k]}${failuresNear(state, steps[k]!, steps)}`,
          lines: [{name: names[row]!, value: number(value), color: color.apply(place) as string}],
        };
      },
    };
  },
};

/** The cells as one image, each one pixel high: fast also for thousands of cells. */
function cellsImage(
  rows: readonly (readonly (number | null)[])[],
  columns: readonly number[],
  top: number,
  bottom: number,
  colorOf: (value: number) => string,
): SVGElement {
  const [left, right] = [columns[0]!, columns.at(-1)!];
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(right - left));
  canvas.height = rows.length;
  const context = canvas.getContext('2d', {willReadFrequently: true})!; // not on the graphics card, from which the picture would have to come back
  for (const [y, row] of rows.entries()) {
    for (const [k, value] of row.entries()) {
      if (value === null) continue;
      const [from, to] = [Math.round(columns[k]! - left), Math.round(columns[k + 1]! - left)];
      context.fillStyle = colorOf(value);
      context.fillRect(from, y, to - from, 1);
    }
  }
  return make('image', {
    href: canvas.toDataURL(),
    x: left,
    y: top,
    width: right - left,
    height: bottom - top,
    preserveAspectRatio: 'none',
    'image-rendering': 'pixelated',
  });
}

/** The edges of the cells: half way between neighboring moments. */
function edgesOf(steps: readonly number[], [from, to]: readonly [number, number]): number[] {
  if (steps.length < 2) return [from, to];
  const middles = steps.slice(1).map((step, i) => (step + steps[i]!) / 2);
  return [Math.min(from, steps[0]!), ...middles, Math.max(steps.at(-1)!, Math.min(to, steps.at(-1)!))];
}

function evenlyChosen(count: number, most: number): number[] {
  const every = Math.max(1, Math.ceil(count / most));
  return Array.from({length: Math.ceil(count / every)}, (_, i) => i * every);
}

/** The color legend in the corner. */
function legend(
  width: number,
  least: number,
  most: number,
  colorOf: (place: number) => string,
  [low, high]: readonly [number, number],
  ink: string,
): SVGElement[] {
  const [parts, size, top] = [32, 3.5, 8];
  const right = width - MARGINS.marginRight - 44;
  const made = Array.from({length: parts}, (_, i) =>
    make('rect', {
      x: right - (parts - i) * size,
      y: top,
      width: size + 0.5,
      height: 9,
      fill: colorOf(least + ((most - least) * i) / (parts - 1)),
    }),
  );
  const text = (x: number, anchor: string, words: string) => {
    const label = make('text', {x, y: top + 9, 'text-anchor': anchor, fill: ink, 'font-size': 11});
    label.textContent = words;
    return label;
  };
  return [
    ...made,
    text(right - parts * size - 6, 'end', tickLabel(Number(low.toPrecision(2)))),
    text(right + 6, 'start', tickLabel(Number(high.toPrecision(2)))),
  ];
}
