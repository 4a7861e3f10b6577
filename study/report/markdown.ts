import type {MeanInterval} from '../analysis/statistics.js';

/** A table of GitHub's Markdown, numbers to the right. */
export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[], textColumns = 1): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map((_, i) => (i < textColumns ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** A number with three digits. */
export function number(x: number, digits = 3): string {
  if (!Number.isFinite(x)) return '–';
  const rounded = Number(x.toPrecision(digits));
  return (Math.abs(rounded) >= 1000 ? rounded.toLocaleString('en') : String(rounded)).replace('-', '−');
}

export function fixed(x: number, places: number): string {
  if (!Number.isFinite(x)) return '–';
  const text = x.toFixed(places);
  return (Number(text) === 0 ? text.replace('-', '') : text).replace('-', '−');
}

/** Always with a sign. */
export function signed(x: number, places: number): string {
  const text = fixed(x, places);
  return text.startsWith('−') || Number(text) === 0 ? text : `+${text}`;
}

/** `0.031 [0.028, 0.034]`; the mean alone where one value gives no interval. */
export function withInterval({mean, lower, upper}: MeanInterval, show: (x: number) => string = number): string {
  if (upper === Number.POSITIVE_INFINITY) return show(mean);
  return `${show(mean)} [${show(lower)}, ${show(upper)}]`;
}

export function chance(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toPrecision(2);
}
