import {closeSync, fstatSync, openSync} from 'node:fs';
import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {InvalidArgumentError} from '../errors.js';
import type {HessianSample} from '../streams/hessian-sample.js';
import {cannotOpen} from './cannot-open.js';
import type {ParquetPackage} from './parquet-table.js';
import {ParquetTable} from './parquet-table.js';
import {assertInstalled} from './peer-package.js';
import {RunFile} from './run-file.js';
import type {Fail, SampleWriter, Sink, SinkArgs} from './sink.js';
import {filePath, makeSink, sinkArgs} from './sink.js';

/** Options of `parquet`. */
export interface ParquetArgs extends SinkArgs {
  /** The number of rows, one per block and sample, that are collected before they are written; default 10 000. */
  readonly rowGroupSize?: number;
}

export const parquetArgs = optionsOf<ParquetArgs>('parquet()')({
  ...sinkArgs('parquet()').entries,
  rowGroupSize: optional(wholeNumber(), 10_000),
});

/**
 * A sink that writes a Parquet file: the rows of `csv`, with the Ritz values and weights of each spectral density in `nodes`
 * and `weights`, one list per probe. An existing file is replaced when the new one is complete.
 *
 * A Parquet file can only be read once its end is written, so the samples are first kept in `<path>.ndjson`, a file as that
 * of `ndjson`. The table is made of it when the stream completes, that is, after `dispose()`, or at the latest when the
 * process exits normally; then the other file is removed. After a kill it is still there with every finished sample:
 * `readSamples` and `tfjs-hessian export` read it, and the next `parquet(path)` continues it.
 *
 * @throws InvalidArgumentError if a file cannot be opened, or if hyparquet-writer is not installed.
 * @example
 * curvature.samples$.subscribe(parquet('run.parquet'));
 */
export function parquet(path: string, args?: ParquetArgs): Sink {
  check('The path', filePath, path);
  const {rowGroupSize, ...rest} = parquetArgs(args);
  return makeSink(`parquet(${JSON.stringify(path)})`, rest, fail => {
    assertInstalled('hyparquet-writer', 'parquet()');
    assertReplaceable(path);
    return new ParquetFile(path, rowGroupSize, fail);
  });
}

class ParquetFile implements SampleWriter {
  private readonly journal: RunFile;
  /** `null` until it is loaded. */
  private package: ParquetPackage | null = null;
  private readonly loading: Promise<void>;

  constructor(
    private readonly path: string,
    private readonly rowGroupSize: number,
    private readonly fail: Fail,
  ) {
    this.journal = new RunFile(`${path}.ndjson`, fail);
    this.loading = import('hyparquet-writer').then(
      loaded => {
        this.package = loaded;
      },
      // `finish` says that it is missing.
      () => {},
    );
    // The stream may never complete.
    process.once('exit', this.finishAtExit);
  }

  write(sample: HessianSample): void {
    this.journal.write(sample);
  }

  close(): void | Promise<void> {
    process.off('exit', this.finishAtExit);
    if (this.package !== null) return this.finish();
    return this.loading.then(() => this.finish());
  }

  private readonly finishAtExit = (): void => {
    try {
      this.finish();
    } catch (error) {
      this.fail(error);
    }
  };

  /** Makes the table and removes the journal. */
  private finish(): void {
    try {
      if (this.package === null) throw new Error('hyparquet-writer could not be loaded');
      const table = new ParquetTable(this.path, this.package, this.rowGroupSize);
      try {
        for (const sample of this.journal.samples()) table.write(sample);
        table.close();
      } catch (error) {
        table.discard();
        throw error;
      }
    } catch (error) {
      this.journal.close();
      throw new Error(`${(error as Error).message}. Its samples are in ${this.journal.path}.`, {cause: error});
    }
    this.journal.remove();
  }
}

/** Makes the file if there is none. Unlike an ordinary file, a pipe or a device cannot be replaced later. */
function assertReplaceable(path: string): void {
  let isRegular: boolean;
  try {
    const descriptor = openSync(path, 'a');
    isRegular = fstatSync(descriptor).isFile();
    closeSync(descriptor);
  } catch (error) {
    throw cannotOpen(path, error);
  }
  if (isRegular) return;
  throw new InvalidArgumentError(`${path} cannot be written to: it is a device or a pipe; choose another path.`);
}
