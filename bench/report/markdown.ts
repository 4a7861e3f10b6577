import type {Summary} from '../harness/summary.js';

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

export function spread(summary: Summary | undefined, digits: number): string {
  if (!summary) return '';
  const {median, q1, q3} = summary;
  return `${median.toFixed(digits)} [${q1.toFixed(digits)}–${q3.toFixed(digits)}]`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
