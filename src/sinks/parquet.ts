import {closeSync, openSync, writeFileSync} from 'node:fs';
import type {SchemaElement} from 'hyparquet';
import type {ColumnSource, ParquetWriter, Writer} from 'hyparquet-writer';
import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import type {HessianSample} from '../streams/hessian-sample.js';
import type {SampleRow} from '../streams/to-rows.js';
import {columnNames, columns, sampleRows} from '../streams/to-rows.js';
import {cannotOpen} from './cannot-open.js';
import {assertInstalled} from './peer-package.js';
import type {SampleWriter, Sink, SinkArgs} from './sink.js';
import {filePath, makeSink, sinkArgs} from './sink.js';

/** Options of `parquet`. */
export interface ParquetArgs extends SinkArgs {
  /** The number of rows, one per block and sample, that are collected before they are written; default 10 000. */
  readonly rowGroupSize?: number;
}

const parquetArgs = optionsOf<ParquetArgs>('parquet()')({
  ...sinkArgs('parquet()').entries,
  rowGroupSize: optional(wholeNumber(), 10_000),
});

/** A row of `toRows()` with the quadrature of its density. */
type Row = Omit<SampleRow, 'time'> & {readonly time: Date; readonly nodes: number[][]; readonly weights: number[][]};

type Kind = (typeof columns)[keyof SampleRow]['kind'] | 'density';

const names: readonly (keyof Row)[] = [...columnNames, 'nodes', 'weights'];

/**
 * A sink that writes a Parquet file: the rows of `csv`, with the Ritz values and weights of each spectral density in `nodes`
 * and `weights`, one list per probe. An existing file is replaced.
 *
 * A Parquet file ends with its table of contents. It can be read after the stream completes, that is, after `dispose()` or
 * at the latest when the process exits normally. If the process may be killed, use `ndjson` and convert with `tfjs-hessian
 * export`.
 *
 * @throws InvalidArgumentError if the file cannot be opened, or if hyparquet-writer is not installed.
 * @example
 * curvature.samples$.subscribe(parquet('run.parquet'));
 */
export function parquet(path: string, args?: ParquetArgs): Sink {
  check('The path', filePath, path);
  const {rowGroupSize, ...rest} = parquetArgs(args);
  return makeSink(`parquet(${JSON.stringify(path)})`, rest, fail => {
    assertInstalled('hyparquet-writer', 'parquet()');
    return new ParquetFile(path, rowGroupSize, fail);
  });
}

class ParquetFile implements SampleWriter {
  private readonly descriptor: number;
  private rows: Row[] = [];
  /** `null` until hyparquet-writer is loaded. */
  private writer: ParquetWriter | null = null;
  private readonly loading: Promise<void>;
  /** The error that made the file unreadable, if there was one. */
  private damage: unknown = null;
  private isClosing = false;

  constructor(
    path: string,
    private readonly rowGroupSize: number,
    private readonly fail: (error: unknown) => void,
  ) {
    try {
      this.descriptor = openSync(path, 'w');
    } catch (error) {
      throw cannotOpen(path, error);
    }
    this.loading = this.load();
    // The stream may never complete.
    process.once('exit', this.finish);
  }

  write(sample: HessianSample): void {
    this.rows.push(...toRows(sample));
    if (this.rows.length >= this.rowGroupSize) this.flush();
  }

  close(): void | Promise<void> {
    this.isClosing = true;
    if (this.writer !== null) return this.finish();
    return this.loading.then(this.finish);
  }

  private async load(): Promise<void> {
    try {
      const {ByteWriter, ParquetWriter} = await import('hyparquet-writer');
      this.writer = new ParquetWriter({writer: toFile(new ByteWriter(), this.descriptor), schema: schema()});
    } catch (error) {
      this.damage = error;
    }
  }

  /** Writes the collected rows as a row group. */
  private flush(): void {
    if (this.damage !== null) throw this.damage;
    if (this.writer === null || this.rows.length === 0) return;
    const {rows} = this;
    this.rows = [];
    const columnData: ColumnSource[] = names.map(name => ({name, data: rows.map(row => row[name])}));
    try {
      void this.writer.write({columnData, rowGroupSize: rows.length});
    } catch (error) {
      // Part of the row group may be in the file.
      this.damage = error;
      throw error;
    }
  }

  private readonly finish = (): void => {
    process.off('exit', this.finish);
    try {
      this.flush();
      if (this.writer === null) throw new Error('hyparquet-writer could not be loaded');
      void this.writer.finish();
    } catch (error) {
      if (this.isClosing) throw error;
      this.fail(error);
    } finally {
      closeSync(this.descriptor);
    }
  };
}

function toRows(sample: HessianSample): Row[] {
  const densities = [sample.full, ...sample.layers].map(({density}) => density);
  return sampleRows(sample).map((row, i) => ({...row, time: new Date(row.time), ...densities[i]!}));
}

/** A writer of hyparquet-writer that flushes to a file after each row group. */
function toFile(writer: Writer & {index: number}, descriptor: number): Writer {
  writer.flush = () => {
    writeFileSync(descriptor, new Uint8Array(writer.buffer, 0, writer.index));
    writer.index = 0;
  };
  writer.finish = writer.flush;
  return writer;
}

function schema(): SchemaElement[] {
  return [
    {name: 'root', num_children: names.length},
    ...columnNames.flatMap(name =>
      elements(name, columns[name].kind, columns[name].isNullable ? 'OPTIONAL' : 'REQUIRED'),
    ),
    ...['nodes', 'weights'].flatMap(name => elements(name, 'density', 'REQUIRED')),
  ];
}

function elements(name: string, kind: Kind, repetition_type: 'REQUIRED' | 'OPTIONAL'): SchemaElement[] {
  switch (kind) {
    case 'text':
      return [{name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type}];
    case 'integer':
      return [{name, type: 'INT32', repetition_type}];
    case 'real':
      return [{name, type: 'DOUBLE', repetition_type}];
    case 'time':
      return [{name, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type}];
    case 'density':
      return [
        {name, converted_type: 'LIST', num_children: 1, repetition_type},
        {name: 'list', num_children: 1, repetition_type: 'REPEATED'},
        {name: 'element', converted_type: 'LIST', num_children: 1, repetition_type: 'REQUIRED'},
        {name: 'list', num_children: 1, repetition_type: 'REPEATED'},
        {name: 'element', type: 'DOUBLE', repetition_type: 'REQUIRED'},
      ];
  }
}
