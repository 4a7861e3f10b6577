import {mkdirSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ColumnSource} from 'hyparquet-writer';
import {parquetWriteBuffer} from 'hyparquet-writer';
import {parquet, readSamples} from 'tfjs-hessian/sinks';
import type {RecordFolder} from './folder.js';
import type {RunRecord} from './run-record.js';
import type {TrainingRecord} from './training-record.js';
import {sampleKinds} from './training-record.js';

/** Makes a few small files from the records of some trainings. Pictures and document are made from these files. */
export async function pack(folder: RecordFolder, run: RunRecord, target: string): Promise<void> {
  mkdirSync(target, {recursive: true});
  const ids = [...folder.finished()].sort();
  const trainings = ids.map(id => folder.record(id));
  writeTable(join(target, 'trainings.parquet'), trainings.map(flat));
  const timings = folder.timings();
  if (timings.length > 0) writeTable(join(target, 'timings.parquet'), timings);
  for (const kind of sampleKinds) {
    const path = join(target, `${kind}.parquet`);
    const sink = parquet(`${path}.unfinished`);
    for (const id of ids) {
      const samples = folder.samples(id, kind);
      if (samples === null) continue;
      for await (const sample of readSamples(samples)) sink.next(sample);
    }
    sink.complete();
    await sink.closed;
    renameSync(`${path}.unfinished`, path);
  }
  writeFileSync(join(target, 'run.json'), `${JSON.stringify(run, null, 1)}\n`);
}

/** A training as a row of a table. */
export type TrainingRow = ReturnType<typeof flat>;

function flat({phase, dataSet, model, arm, strength, seed, training, validation, test, runs, ...rest}: TrainingRecord) {
  return {
    ...{phase, dataSet, model, arm, strength, seed},
    trainingLoss: training.loss,
    trainingAccuracy: training.accuracy,
    validationLoss: validation.loss,
    validationAccuracy: validation.accuracy,
    testLoss: test?.loss ?? null,
    testAccuracy: test?.accuracy ?? null,
    hessianRun: runs.hessian,
    gaussNewtonRun: runs['gauss-newton'],
    endRun: runs.end,
    losses: JSON.stringify(rest.losses.map(loss => loss && Number(loss.toPrecision(5)))),
    failures: JSON.stringify(rest.failures),
    seconds: rest.seconds,
  };
}

function writeTable(path: string, rows: readonly object[]): void {
  const names = Object.keys(rows[0]!);
  const columnData = names.map(name => {
    const data = rows.map(row => (row as Record<string, unknown>)[name]);
    const type = data.some(value => typeof value === 'string') ? 'STRING' : 'DOUBLE';
    return {name, data, type, nullable: true} satisfies ColumnSource;
  });
  writeFileSync(`${path}.unfinished`, Buffer.from(parquetWriteBuffer({columnData})));
  renameSync(`${path}.unfinished`, path);
}
