import {parseHTML} from 'linkedom';
import {colors, fonts} from '../../examples/mnist/picture/style.js';

/** As wide as a page shows a picture. */
export const WIDTH = 820;

/** Okabe and Ito's colours, which colour-blind people can tell apart. */
export const palette = {
  blue: colors.runs[0],
  vermilion: colors.runs[1],
  green: '#009E73',
  purple: '#AA4A86',
  black: colors.ink,
} as const;

/** Options of all plots. */
export function plotStyle() {
  const {document} = parseHTML('<html></html>') as unknown as {document: Document};
  return {
    document,
    marginLeft: 48,
    marginRight: 16,
    marginTop: 12,
    marginBottom: 26,
    style: {fontFamily: fonts, fontSize: '13px', color: colors.quiet, overflow: 'visible'},
  };
}

/** Evenly spaced numbers, including both ends. */
export function evenly(from: number, to: number, count: number): number[] {
  return Array.from({length: count}, (_, i) => from + ((to - from) * i) / (count - 1));
}
