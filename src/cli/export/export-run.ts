import {rmSync} from 'node:fs';
import {basename, dirname} from 'node:path';
import {InvalidArgumentError} from '../../errors.js';
import {csv} from '../../sinks/csv.js';
import {parquetArgs} from '../../sinks/parquet.js';
import {ParquetTable} from '../../sinks/parquet-table.js';
import {assertInstalled} from '../../sinks/peer-package.js';
import {readSamples} from '../../sinks/read-samples.js';
import type {Sink, SinkArgs} from '../../sinks/sink.js';
import {makeSink} from '../../sinks/sink.js';
import {tensorBoard} from '../../sinks/tensorboard/tensor-board.js';
import type {HessianSample, SampleFailure} from '../../streams/hessian-sample.js';
import {UsageError} from '../usage-error.js';

/** The result of an export. */
export interface Exported {
  readonly file: string;
  readonly samples: number;
  readonly runs: number;
}

/**
 * Converts the file of a run to the format that the name of the other file implies.
 *
 * @param onSample is called after each sample; if it throws, nothing is left of the file.
 * @throws UsageError if the name implies no format.
 * @throws InvalidArgumentError if the file is not a run or has no samples, or if the other file cannot be written.
 */
export async function exportRun(
  run: string,
  file: string,
  onSample: () => Promise<void> = async () => {},
): Promise<Exported> {
  const open = await sinkOf(file);
  const samples = readSamples(run);
  // The first sample is read before anything is written or replaced.
  const first = await samples.next();
  if (first.done) throw new InvalidArgumentError(`${run} has no samples yet; let the training take one first.`);
  const failures: Error[] = [];
  const sink = open({failures$: {next: ({error}: SampleFailure) => failures.push(error)}});
  const runs = new Set<string>();
  let count = 0;
  try {
    for (let {value} = first as IteratorResult<HessianSample, void>; value; {value} = await samples.next()) {
      sink.next(value);
      runs.add(value.run);
      count++;
      await onSample();
      if (failures[0]) throw failures[0];
    }
  } catch (error) {
    sink.complete();
    await sink.closed;
    // An incomplete file would look complete.
    rmSync(file, {force: true});
    throw error;
  }
  sink.complete();
  await sink.closed;
  if (failures[0]) throw failures[0];
  return {file, samples: count, runs: runs.size};
}

async function sinkOf(file: string): Promise<(args: SinkArgs) => Sink> {
  if (/\.csv$/i.test(file)) {
    return args => {
      // The sink would continue an existing file.
      rmSync(file, {force: true});
      return csv(file, args);
    };
  }
  if (/\.parquet$/i.test(file)) {
    assertInstalled('hyparquet-writer', 'export to Parquet');
    const writer = await import('hyparquet-writer');
    const {rowGroupSize} = parquetArgs(undefined);
    return args => makeSink(file, args, () => new ParquetTable(file, writer, rowGroupSize));
  }
  if (basename(file).includes('tfevents')) {
    return args => tensorBoard(dirname(file), {...args, fileName: basename(file)});
  }
  throw new UsageError(`${file}: the file to write must end in .csv, .parquet or .tfevents.`);
}
