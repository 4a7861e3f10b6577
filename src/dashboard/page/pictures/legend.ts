import * as Plot from '@observablehq/plot';

/** An entry of a legend. */
export interface LegendEntry {
  readonly name: string;
  readonly color: string;
  /** The shape of the marks on the line; `null`: none. */
  readonly symbol: Plot.SymbolType | null;
  readonly dash?: string | undefined;
  readonly width?: number;
}

/** The space below the title of the axis. */
const TOP = 8;
const ROW = 17;
const KEY = 26;
const LETTER = 6.4;
const GAP = 16;
const LETTERS = 26;
/** More entries are counted. */
const MOST = 14;

/** A long name with its beginning and its end: "block_1/…/conv2d". */
export function shortened(name: string, letters: number): string {
  const all = [...name];
  if (all.length <= letters) return name;
  // The end of a nested layer's name tells more than its beginning.
  const end = Math.ceil((2 * (letters - 1)) / 3);
  return `${all.slice(0, letters - 1 - end).join('')}…${all.slice(-end).join('')}`;
}

interface Placed extends LegendEntry {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

/** A legend in rows from the left, as tall as its entries need. */
export function legendOf(entries: readonly LegendEntry[], width: number): {placed: Placed[]; height: number} {
  const shown = entries.slice(0, MOST);
  const more = entries.length - shown.length;
  const all = [
    ...shown,
    ...(more > 0 ? [{name: `and ${more} more, from the first layer to the last`, color: 'none', symbol: null}] : []),
  ];
  let [x, y] = [0, TOP];
  const placed = all.map(entry => {
    const text = shortened(entry.name, entry.color === 'none' ? 60 : LETTERS);
    const needed = KEY + LETTER * [...text].length;
    if (x > 0 && x + needed > width) [x, y] = [0, y + ROW];
    const at = {...entry, text, x, y};
    x += needed + GAP;
    return at;
  });
  return {placed, height: placed.length === 0 ? 0 : y + ROW + 4};
}

/** Draws a legend into a picture, below the axis. */
export function drawLegend(
  svg: SVGSVGElement,
  placed: readonly Placed[],
  left: number,
  top: number,
  ink: string,
): void {
  const group = make('g', {
    class: 'legend',
    transform: `translate(${left},${top})`,
    'font-size': 12,
    'text-anchor': 'start',
  });
  for (const {text, color, symbol, dash, width = 1.8, x, y} of placed) {
    if (color !== 'none') {
      const line = {x1: x, x2: x + KEY - 6, y1: y + 6, y2: y + 6, stroke: color, 'stroke-width': width};
      group.append(make('line', {...line, ...(dash !== undefined && {'stroke-dasharray': dash})}));
      if (symbol !== null) group.append(symbolAt(symbol, x + KEY / 2 - 3, y + 6, color));
    }
    const label = make('text', {x: color === 'none' ? x : x + KEY, y: y + 10, fill: ink});
    label.textContent = text;
    group.append(label);
  }
  svg.append(group);
}

/** The same shape as on the lines. */
export function symbolAt(symbol: Plot.SymbolType, x: number, y: number, color: string): SVGElement {
  const plot = Plot.plot({
    document,
    width: 20,
    height: 20,
    margin: 0,
    axis: null,
    marks: [Plot.dot([0], {frameAnchor: 'middle', symbol, r: 3.4, fill: color, stroke: color})],
  });
  const path = plot.querySelector('path, circle')!;
  const group = make('g', {transform: `translate(${x - 10},${y - 10})`, fill: color, stroke: color});
  group.append(path);
  return group;
}

export function make(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}
