import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';
import {Poster} from '../../examples/mnist/picture/poster.js';
import {colors, fonts} from '../../examples/mnist/picture/style.js';

export {colors};

/** Okabe and Ito's colours, which colour-blind people can tell apart. */
export const hues = {
  blue: '#0072B2',
  vermilion: '#D55E00',
  green: '#009E73',
  orange: '#E69F00',
  purple: '#CC79A7',
  grey: '#9aa3ad',
} as const;

export const WIDTH = 1160;

export interface Legend {
  readonly name: string;
  readonly color: string;
}

export interface Panel {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly options: Plot.PlotOptions;
}

export interface Sheet {
  readonly title: string;
  readonly legend: readonly Legend[];
  /** Rows of panels from the left to the right, under an optional heading. */
  readonly rows: readonly {readonly heading?: string; readonly panels: readonly Panel[]}[];
  /** Lines of text at the foot. */
  readonly notes: readonly string[];
}

const HEAD = 92;
const HEAD_WITHOUT_LEGEND = 62;
const HEADING = 26;
const PANEL_TITLE = 22;
const LINE = 18;

/** Panels on a sheet, as SVG. */
export function drawSheet({title, legend, rows, notes}: Sheet): string {
  const {document} = parseHTML('<html></html>') as unknown as {document: Document};
  const heights = rows.map(
    ({heading, panels}) =>
      (heading === undefined ? 0 : HEADING) + PANEL_TITLE + Math.max(...panels.map(({height}) => height)) + 8,
  );
  const head = legend.length === 0 ? HEAD_WITHOUT_LEGEND : HEAD;
  const height = head + heights.reduce((sum, h) => sum + h, 0) + LINE * notes.length + 14;
  const poster = new Poster(WIDTH, height);
  poster.text(24, 40, [title], {size: 22, weight: 600, color: colors.ink});
  let x = 30;
  for (const {name, color} of legend) {
    poster.dot(x, 67, color).text(x + 13, 72, [name], {size: 14, color: colors.ink});
    x += 40 + 6.6 * name.length;
  }
  let y = head;
  rows.forEach(({heading, panels}, row) => {
    let top = y + 14;
    if (heading !== undefined) {
      poster.text(24, top, [heading], {size: 15, weight: 600, color: colors.ink});
      top += HEADING;
    }
    let left = 24;
    for (const panel of panels) {
      poster.text(left + 4, top, [panel.title], {size: 13, weight: 600, color: colors.ink});
      poster.plot(left, top + 6, Plot.plot({...common(document, panel), ...panel.options}));
      left += panel.width;
    }
    y += heights[row]!;
  });
  notes.forEach((note, i) => {
    poster.text(24, y + LINE * i + 10, [note], {size: 12});
  });
  return poster.toString();
}

function common(document: Document, {width, height}: Panel): Plot.PlotOptions {
  return {
    ...{document, width, height, marginLeft: 46, marginRight: 10, marginTop: 12, marginBottom: 30},
    style: {fontFamily: fonts, fontSize: '12px', color: colors.quiet, overflow: 'visible'},
  };
}
