import type {SampleRow} from '../streams/to-rows.js';
import {columnNames, firstColumnNames} from '../streams/to-rows.js';

/** The first line of a table of samples. */
export const tableHeader = columnNames.join(',');

/** The first line of a table that an earlier version wrote. It is continued with its own columns. */
export const earlierTableHeader = firstColumnNames.join(',');

/** A row as a line of CSV, without a line break. */
export function tableLine(row: SampleRow, header: string = tableHeader): string {
  return (header === earlierTableHeader ? firstColumnNames : columnNames).map(column => field(row[column])).join(',');
}

/** A field of CSV (RFC 4180); `null` becomes an empty one. */
function field(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
