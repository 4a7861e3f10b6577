import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {asyncBufferFromFile, parquetReadObjects} from 'hyparquet';
import type {DensityRecord, SampleRow} from 'tfjs-hessian';
import {InvalidArgumentError} from '../../src/errors.js';
import type {StudyConfig} from '../config.js';
import {grouped} from '../grouped.js';
import type {Job} from '../jobs.js';
import type {TrainingRow} from './pack.js';
import type {RunRecord} from './run-record.js';
import type {TimingRecord} from './training-record.js';

/** A block's spectrum at one moment, as in its file. */
export interface SpectrumRow extends Omit<SampleRow, 'time'>, DensityRecord {}

/** The spectra of one moment. */
export interface Moment {
  readonly step: number;
  /** Epochs so far, as a fraction: steps divided by steps per epoch. */
  readonly epochs: number;
  readonly learningRate: number | null;
  readonly full: SpectrumRow;
  readonly layers: readonly SpectrumRow[];
}

export interface Training extends Omit<Job, 'id'>, Pick<TrainingRow, 'seconds'> {
  readonly training: {readonly loss: number | null; readonly accuracy: number};
  readonly validation: {readonly loss: number | null; readonly accuracy: number};
  readonly test: {readonly loss: number | null; readonly accuracy: number} | null;
  /** Over training, without regularizer; empty for other trainings. */
  readonly hessian: readonly Moment[];
  readonly gaussNewton: readonly Moment[];
  /** At the end, of the network in test mode; `null` if there is none. */
  readonly end: Moment | null;
  readonly failures: readonly string[];
}

export interface StudyRecords {
  readonly config: StudyConfig;
  readonly run: RunRecord;
  readonly trainings: readonly Training[];
  readonly timings: readonly TimingRecord[];
}

/** @throws InvalidArgumentError where there are none. */
export async function loadRecords(folder: string): Promise<StudyRecords> {
  if (!existsSync(join(folder, 'run.json'))) {
    throw new InvalidArgumentError(`${folder} has no records of a study; run it first, without --figures.`);
  }
  const run = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as RunRecord;
  const {config} = run;
  const rows = await readTable<TrainingRow>(join(folder, 'trainings.parquet'));
  const stepsAnEpoch = Math.floor(config.sizes.training / config.batchSize);
  const moments = async (name: string) => {
    const spectra = await readTable<SpectrumRow>(join(folder, name));
    return new Map([...grouped(spectra, ({run: id}) => id)].map(([id, of]) => [id, momentsOf(of, stepsAnEpoch)]));
  };
  const hessian = await moments('hessian.parquet');
  const gaussNewton = await moments('gauss-newton.parquet');
  const end = await moments('end.parquet');
  return {
    config,
    run,
    timings: await readTable<TimingRecord>(join(folder, 'timings.parquet')),
    trainings: rows.map(row => ({
      phase: row.phase,
      dataSet: row.dataSet,
      model: row.model,
      arm: row.arm,
      strength: row.strength,
      seed: row.seed,
      seconds: row.seconds,
      training: {loss: row.trainingLoss, accuracy: row.trainingAccuracy},
      validation: {loss: row.validationLoss, accuracy: row.validationAccuracy},
      test: row.testAccuracy === null ? null : {loss: row.testLoss, accuracy: row.testAccuracy},
      hessian: hessian.get(row.hessianRun ?? '') ?? [],
      gaussNewton: gaussNewton.get(row.gaussNewtonRun ?? '') ?? [],
      end: end.get(row.endRun ?? '')?.at(-1) ?? null,
      failures: JSON.parse(row.failures) as string[],
    })),
  };
}

function momentsOf(rows: readonly SpectrumRow[], stepsAnEpoch: number): Moment[] {
  return [...grouped(rows, ({index}) => index).values()].map(of => {
    const full = of.find(({layer}) => layer === null)!;
    const {step, learningRate} = full;
    return {
      ...{step, learningRate, full, epochs: step / stepsAnEpoch},
      layers: of.filter(({layer}) => layer !== null),
    };
  });
}

async function readTable<Row>(path: string): Promise<Row[]> {
  // A table needs at least one row.
  if (!existsSync(path)) return [];
  return (await parquetReadObjects({file: await asyncBufferFromFile(path)})) as Row[];
}
