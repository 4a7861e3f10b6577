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

const columns = [
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

/** The first line of a table of samples. */
export const tableHeader = columns.join(',');

/** A row as a line of CSV, without its end. */
export function tableLine(row: SampleRow): string {
  return columns.map(column => field(row[column])).join(',');
}

/** RFC 4180; `null` is an empty field. */
function field(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
