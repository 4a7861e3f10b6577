import {darkPalette, lightPalette} from '../../report/palette.js';
import type {PageState} from './state.js';

const KEY = 'tfjs-hessian theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

/** The one that was chosen here before, or else the system's. */
export function preferredTheme(): PageState['theme'] {
  const chosen = kept(() => localStorage.getItem(KEY));
  return chosen === 'light' || chosen === 'dark' ? chosen : dark.matches ? 'dark' : 'light';
}

export function keepTheme(theme: PageState['theme']): void {
  // Who chooses what the system has goes on following it.
  kept(() => ((theme === 'dark') === dark.matches ? localStorage.removeItem(KEY) : localStorage.setItem(KEY, theme)));
}

/** A browser may refuse to keep anything. */
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
