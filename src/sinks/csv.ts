import {check} from '../arguments/check.js';
import {sampleRows} from '../streams/to-rows.js';
import {LineFile} from './line-file.js';
import {earlierTableHeaders, tableHeader, tableLine} from './sample-table.js';
import type {Sink, SinkArgs} from './sink.js';
import {filePath, makeSink, newFile, sinkArgs} from './sink.js';

const argsOf = sinkArgs('csv()');

/**
 * A sink that writes each sample as rows of a CSV table: the network's, whose `layer` is empty, then each layer's.
 *
 * The columns are those of `toRows()`; spectra are not written. An existing file is continued.
 *
 * @throws InvalidArgumentError if the file cannot be opened or has other columns.
 * @example
 * curvature.samples$.subscribe(csv('run.csv'));
 */
export function csv(path: string, args?: SinkArgs): Sink {
  check('The path', filePath, path);
  return makeSink(`csv(${JSON.stringify(path)})`, argsOf(args), fail => {
    const file = new LineFile(path, {
      kind: 'a table with the columns of a run',
      isOurs: (line, isTorn) =>
        line === tableHeader || (isTorn ? tableHeader.startsWith(line) : earlierTableHeaders.includes(line)),
      isComplete: line => line === tableHeader,
      hasQuotes: true,
      onGone: () => fail(...newFile),
    });
    return {
      write(sample) {
        const {firstLine} = file;
        const rows = sampleRows(sample).map(row => tableLine(row, firstLine ?? tableHeader));
        file.append([...(firstLine === null ? [tableHeader] : []), ...rows, ''].join('\n'));
      },
      close: () => file.close(),
    };
  });
}
