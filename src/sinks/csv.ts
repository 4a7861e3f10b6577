import type {SampleRow} from '../streams/to-rows.js';
import {sampleRows} from '../streams/to-rows.js';
import {LineFile} from './line-file.js';
import type {Sink, SinkArgs} from './sink.js';
import {makeSink} from './sink.js';

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

const header = columns.join(',');

/**
 * Writes each sample as rows of a table: the network's, whose `layer` is empty, then each layer's. The columns are those of
 * `toRows()`; spectra are left out. A file that exists is continued.
 *
 * @throws InvalidArgumentError where the file cannot be opened, or has other columns.
 * @example
 * curvature.samples$.subscribe(csv('run.csv'));
 */
export function csv(path: string, args: SinkArgs = {}): Sink {
  return makeSink(`csv(${JSON.stringify(path)})`, args, () => {
    const file = new LineFile(path, {
      kind: 'a table with the columns of a run',
      isOurs: (line, isTorn) => line === header || (isTorn && header.startsWith(line)),
      isComplete: line => line === header,
      hasQuotes: true,
    });
    let begun = !file.isNew;
    return {
      write(sample) {
        const rows = sampleRows(sample).map(row => columns.map(column => field(row[column])).join(','));
        file.append([...(begun ? [] : [header]), ...rows, ''].join('\n'));
        begun = true;
      },
      close: () => file.close(),
    };
  });
}

/** RFC 4180; `null` is an empty field. */
function field(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
