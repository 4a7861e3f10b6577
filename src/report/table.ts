import type {Estimate} from '../metrics/records.js';
import {NORMAL_95} from '../metrics/statistics/student-t.js';
import type {ReportBlock} from './blocks.js';
import {printable, typesetNumber, withError} from './markup.js';

/** The columns of the table in a report; a row is a block. */
export const columns: readonly {readonly title: string; readonly cell: (block: ReportBlock) => string}[] = [
  {title: 'block', cell: ({label}) => label},
  {title: 'class', cell: ({layer}) => layer?.className ?? ''},
  {title: 'parameters', cell: ({spectrum}) => String(spectrum.parameters)},
  {title: 'trace', cell: ({spectrum: {trace}}) => withError(trace.value, trace.standardError)},
  {title: 'largest', cell: ({spectrum: {largest}}) => ends(largest)},
  {title: 'smallest', cell: ({spectrum: {smallest}}) => ends(smallest)},
  {title: 'Frobenius', cell: ({spectrum: {frobenius}}) => withError(frobenius.value, frobenius.standardError)},
  {title: 'below zero', cell: ({spectrum: {negativeMass}}) => share(negativeMass)},
  {title: 'distance', cell: ({layer}) => (layer ? typesetNumber(layer.similarity.wasserstein, 3) : '')},
];

function ends(values: readonly {readonly value: number; readonly residual: number}[]): string {
  return values.map(({value, residual}) => withError(value, residual)).join(', ');
}

/** A share of the eigenvalues in percent: its value, or the 95 % interval if that is wider than one percent. */
function share({value, standardError}: Estimate): string {
  if (standardError === null) return `${typesetNumber(100 * value, 3)} % ± ?`;
  const percent = (x: number): number => Math.round(100 * Math.min(1, Math.max(0, x)));
  const [from, to] = [percent(value - NORMAL_95 * standardError), percent(value + NORMAL_95 * standardError)];
  return to - from > 1 ? `${from}–${to} %` : `${typesetNumber(100 * value, 3)} %`;
}

/** The table as text. */
export function textTable(blocks: readonly ReportBlock[]): string {
  return alignedText(
    [columns.map(({title}) => title), ...blocks.map(block => columns.map(({cell}) => cell(block)))],
    new Set([0, 1]),
  );
}

/**
 * Rows of text with aligned columns.
 *
 * @param left the columns that are aligned on the left; the others are aligned on the right.
 */
export function alignedText(cells: readonly (readonly string[])[], left: ReadonlySet<number>): string {
  const rows = cells.map(row => row.map(printable));
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map(row => [...row[i]!].length)));
  const line = (row: readonly string[]) =>
    row
      .map((text, i) => {
        const room = ' '.repeat(widths[i]! - [...text].length);
        return left.has(i) ? text + room : room + text;
      })
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}
