/** The colors of a picture: text, secondary text, rules, background and data. */
export interface Palette {
  readonly ink: string;
  readonly quiet: string;
  readonly rule: string;
  readonly paper: string;
  readonly data: string;
  readonly accent: string;
}

/** Okabe and Ito's blue and vermilion, which color-blind people can tell apart, and greys. */
export const lightPalette: Palette = {
  ink: '#1b1f24',
  quiet: '#4d5661',
  rule: '#dde1e6',
  paper: '#ffffff',
  data: '#0072b2',
  accent: '#d55e00',
};

/** The same for a dark background. */
export const darkPalette: Palette = {
  ink: '#e8eaed',
  quiet: '#a7b0ba',
  rule: '#3a4149',
  paper: '#16191d',
  data: '#56b4e9',
  accent: '#e69f00',
};

/** Colors that the style sheet of a page sets. */
export const pagePalette: Palette = {
  ink: 'var(--ink)',
  quiet: 'var(--quiet)',
  rule: 'var(--rule)',
  paper: 'var(--paper)',
  data: 'var(--data)',
  accent: 'var(--accent)',
};

export const fonts = "Inter, 'Helvetica Neue', Helvetica, Arial, sans-serif";
