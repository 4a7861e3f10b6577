/** Okabe and Ito's blue and vermilion, which colour-blind people can tell apart, and greys. */
export const colors = {
  runs: ['#0072B2', '#D55E00'],
  ink: '#1b1f24',
  quiet: '#4d5661',
  rule: '#dde1e6',
  paper: '#ffffff',
} as const;

export const fonts = "Inter, 'Helvetica Neue', Helvetica, Arial, sans-serif";

/** The grid of a row of small multiples: one column per block, with all runs in one panel. */
export interface Columns {
  readonly document: Document;
  readonly width: number;
  readonly blocks: readonly string[];
  readonly runs: readonly string[];
  color(run: string): string;
}

/** Options of all plots of the picture. */
export function plotStyle({document, width, blocks}: Columns) {
  return {
    document,
    width,
    marginLeft: 112,
    marginRight: 24,
    marginBottom: 24,
    fx: {domain: blocks, axis: null, paddingInner: 0.08},
    style: {fontFamily: fonts, fontSize: '13px', color: colors.quiet, overflow: 'visible'},
  };
}
