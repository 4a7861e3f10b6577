import type {SampleRow} from '../streams/to-rows.js';
import {columnNames, earlierColumnNames} from '../streams/to-rows.js';

/** The first line of a table of samples. */
export const tableHeader = columnNames.join(',');

/** The first lines of tables that earlier versions wrote. They are continued with their own columns. */
export const earlierTableHeaders = earlierColumnNames.map(names => names.join(','));

/** A row as a line of CSV, without a line break. */
export function tableLine(row: SampleRow, header: string = tableHeader): string {
  const names = earlierColumnNames[earlierTableHeaders.indexOf(header)] ?? columnNames;
  return names.map(column => field(row[column])).join(',');
}

/** A field of CSV (RFC 4180); `null` becomes an empty one. */
function field(value: string | number | null): string {
  const text = typeof value === 'string' ? withoutFormula(value) : String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A text that spreadsheets would run as a formula (the name of a layer, say) gets an apostrophe before it. */
function withoutFormula(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
