import type {SampleRow} from '../streams/to-rows.js';

/** The numbers of a block, as columns. */
export const blockColumns = [
  'trace',
  'traceStandardError',
  'frobenius',
  'frobeniusStandardError',
  'top',
  'topResidual',
  'bottom',
  'bottomResidual',
  'negativeMass',
  'wasserstein',
  'jensenShannon',
] as const satisfies readonly (keyof SampleRow)[];

/** The columns of a table as earlier versions wrote it. */
const earlierColumns = [
  'run',
  'index',
  'epoch',
  'batch',
  'step',
  'time',
  'loss',
  'batchSize',
  'learningRate',
  'layer',
  'className',
  'parameters',
  ...blockColumns,
] as const satisfies readonly (keyof SampleRow)[];

const columns = [
  ...earlierColumns,
  'totalEpoch',
  'fit',
  'fitStep',
  'training',
] as const satisfies readonly (keyof SampleRow)[];

/** The first line of a table of samples. */
export const tableHeader = columns.join(',');

/** The first line of a table of an earlier version, which is continued with its own columns. */
export const earlierTableHeader = earlierColumns.join(',');

/** A row as a line of CSV, without its end. */
export function tableLine(row: SampleRow, header: string = tableHeader): string {
  return (header === earlierTableHeader ? earlierColumns : columns).map(column => field(row[column])).join(',');
}

/** RFC 4180; `null` is an empty field. */
function field(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
