import type {ReportBlock} from './blocks.js';
import type {Palette} from './palette.js';
import {fonts} from './palette.js';

/** The document, the colors and the width of a figure. */
export interface FigureArgs {
  readonly document: Document;
  readonly palette: Palette;
  readonly width: number;
}

const LETTERS = 26;

/** The options that all figures of these blocks share, so that their axes are aligned. */
export function figureStyle(blocks: readonly ReportBlock[], {document, palette, width}: FigureArgs) {
  const letters = Math.max(...blocks.map(({label}) => [...shortName(label)].length));
  return {
    document,
    width,
    // Space for the names of layers.
    marginLeft: 24 + 7 * letters,
    marginRight: 24,
    style: {fontFamily: fonts, fontSize: '13px', color: palette.quiet, background: 'none', overflow: 'visible'},
  };
}

/** A name that fits into the margin. The end is kept, since it tells layers apart. */
export function shortName(name: string): string {
  const letters = [...name];
  return letters.length <= LETTERS ? name : `…${letters.slice(1 - LETTERS).join('')}`;
}
