import {darkPalette, lightPalette} from '../../report/palette.js';
import type {PageState} from './state.js';

const KEY = 'tfjs-hessian theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

/** The theme that the user chose before, or else that of the system. */
export function preferredTheme(): PageState['theme'] {
  const chosen = kept(() => localStorage.getItem(KEY));
  return chosen === 'light' || chosen === 'dark' ? chosen : dark.matches ? 'dark' : 'light';
}

export function keepTheme(theme: PageState['theme']): void {
  // Choosing the theme of the system means to follow the system again.
  kept(() => ((theme === 'dark') === dark.matches ? localStorage.removeItem(KEY) : localStorage.setItem(KEY, theme)));
}

/** A browser may refuse access to local storage. */
function kept<T>(use: () => T): T | null {
  try {
    return use();
  } catch {
    return null;
  }
}

export function applyTheme(theme: PageState['theme']): void {
  const {style, dataset} = document.documentElement;
  dataset.theme = theme;
  style.colorScheme = theme;
  for (const [name, color] of Object.entries(theme === 'dark' ? darkPalette : lightPalette)) {
    style.setProperty(`--${name}`, color);
  }
}

export function onSystemTheme(listener: () => void): void {
  dark.addEventListener('change', listener);
}
