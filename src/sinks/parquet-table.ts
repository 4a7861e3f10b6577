import {closeSync, fdatasyncSync, openSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import type {SchemaElement} from 'hyparquet';
import type {ColumnSource, ParquetWriter, Writer} from 'hyparquet-writer';
import type {HessianSample} from '../streams/hessian-sample.js';
import type {SampleRow} from '../streams/to-rows.js';
import {columnNames, columns, sampleRows} from '../streams/to-rows.js';
import {cannotOpen} from './cannot-open.js';
import type {SampleWriter} from './sink.js';

/** The package that writes Parquet, which is loaded when it is needed. */
export type ParquetPackage = typeof import('hyparquet-writer');

/** A row of `toRows()` with the quadrature of its density. */
type Row = Omit<SampleRow, 'time'> & {readonly time: Date; readonly nodes: number[][]; readonly weights: number[][]};

type Kind = (typeof columns)[keyof SampleRow]['kind'] | 'density';

const names: readonly (keyof Row)[] = [...columnNames, 'nodes', 'weights'];

/**
 * A Parquet file of samples. It ends with its table of contents, so it is written under another name and gets its own when
 * it is complete.
 */
export class ParquetTable implements SampleWriter {
  private readonly draft: string;
  private readonly descriptor: number;
  private readonly writer: ParquetWriter;
  private rows: Row[] = [];
  private isOpen = true;

  /** @throws InvalidArgumentError if the file cannot be made. */
  constructor(
    private readonly path: string,
    {ByteWriter, ParquetWriter}: ParquetPackage,
    private readonly rowGroupSize: number,
  ) {
    this.draft = `${path}.draft-${process.pid}`;
    try {
      this.descriptor = openSync(this.draft, 'w');
    } catch (error) {
      throw cannotOpen(path, error);
    }
    this.writer = new ParquetWriter({writer: toFile(new ByteWriter(), this.descriptor), schema: schema()});
  }

  write(sample: HessianSample): void {
    this.rows.push(...toRows(sample));
    if (this.rows.length >= this.rowGroupSize) this.flush();
  }

  /** Completes the file and replaces an earlier one of its name. If that fails, nothing is left of it. */
  close(): void {
    try {
      this.flush();
      void this.writer.finish();
      fdatasyncSync(this.descriptor);
      this.closeFile();
      renameSync(this.draft, this.path);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Removes what was written. */
  discard(): void {
    this.closeFile();
    rmSync(this.draft, {force: true});
  }

  private closeFile(): void {
    if (this.isOpen) closeSync(this.descriptor);
    this.isOpen = false;
  }

  /** Writes the collected rows as a row group. */
  private flush(): void {
    const {rows} = this;
    if (rows.length === 0) return;
    this.rows = [];
    const columnData: ColumnSource[] = names.map(name => ({name, data: rows.map(row => row[name])}));
    void this.writer.write({columnData, rowGroupSize: rows.length});
  }
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
