import {existsSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {choiceOf, tunings} from '../choose.js';
import type {StudyConfig} from '../config.js';
import type {Job} from '../jobs.js';
import {finalJobs, tuningJobs, weightOf} from '../jobs.js';
import type {RecordFolder} from '../records/folder.js';
import {TIMINGS} from '../records/folder.js';
import {BEGUN} from '../records/run-record.js';
import type {TimingRecord} from '../records/training-record.js';
import {Pool} from './pool.js';
import {showProgress} from './progress.js';

export interface ConductArgs {
  readonly config: StudyConfig;
  readonly records: RecordFolder;
  readonly workers: number;
  readonly cifar: string | null;
}

/** Runs what is missing: the tuning, then the final trainings, then the timing pass. */
export async function conduct({config, records, workers, cifar}: ConductArgs): Promise<void> {
  records.removeUnfinished();
  const pool = await Pool.start(workers, {config, folder: records.path, cifar});
  try {
    noteBegin(records);
    await trainAll('tuning', tuningJobs(config), pool, {config, records});
    const finished = tuningJobs(config).map(({id}) => records.record(id));
    const jobs = finalJobs(config, choiceOf(tunings(finished)));
    await trainAll('final', jobs, pool, {config, records});
    await timeAll(pool, {config, records});
  } finally {
    pool.stop();
  }
}

type Shared = Pick<ConductArgs, 'config' | 'records'>;

async function trainAll(phase: string, jobs: readonly Job[], pool: Pool, {config, records}: Shared): Promise<void> {
  const finished = records.finished();
  const left = jobs.filter(({id}) => !finished.has(id));
  const weight = left.reduce((sum, job) => sum + weightOf(job, config), 0);
  console.log(`${phase}: ${jobs.length - left.length} of ${jobs.length} trainings are there.`);
  const progress = showProgress(phase, left.length, weight);
  try {
    await pool.run(
      left.map(job => ({kind: 'train', job})),
      answer => {
        if (answer.kind === 'trained') progress.done(answer.record, weightOf(answer.record, config));
      },
    );
  } finally {
    progress.stop();
  }
}

async function timeAll(pool: Pool, {config, records}: Shared): Promise<void> {
  if (records.timings().length > 0) return;
  const timings: TimingRecord[] = [];
  for (const model of new Set(config.pairs.map(pair => pair.model))) {
    console.log(`timing the steps of ${model}`);
    const answer = await pool.ask({kind: 'time', model});
    if (answer.kind === 'timed') timings.push(...answer.timings);
  }
  write(records, TIMINGS, timings);
}

/** Writes down the start time of the study once, also if it is resumed later. */
function noteBegin(records: RecordFolder): void {
  if (!existsSync(join(records.path, BEGUN))) write(records, BEGUN, new Date().toISOString());
}

/** Writes a file atomically. */
function write({path}: RecordFolder, name: string, content: unknown): void {
  writeFileSync(join(path, `${name}.unfinished`), JSON.stringify(content), {flush: true});
  renameSync(join(path, `${name}.unfinished`), join(path, name));
}
