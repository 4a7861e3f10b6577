import type {Palette} from './palette.js';
import {fonts} from './palette.js';

/** What a picture is drawn with and on. */
export interface FigureArgs {
  readonly document: Document;
  readonly palette: Palette;
  readonly width: number;
}

/** Room for the names of layers. */
export const LEFT = 190;
const LETTERS = 26;

/** The options that all figures share. */
export function figureStyle({document, palette, width}: FigureArgs) {
  return {
    document,
    width,
    marginLeft: LEFT,
    marginRight: 24,
    style: {fontFamily: fonts, fontSize: '13px', color: palette.quiet, background: 'none', overflow: 'visible'},
  };
}

/** A name that fits into its room, with its end, which tells layers apart. */
export function shortName(name: string): string {
  const letters = [...name];
  return letters.length <= LETTERS ? name : `…${letters.slice(1 - LETTERS).join('')}`;
}
