import {existsSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {choiceOf, tunings} from '../choose.js';
import type {StudyConfig} from '../config.js';
import type {Job} from '../jobs.js';
import {finalJobs, tuningJobs, weightOf} from '../jobs.js';
import type {RecordFolder} from '../records/folder.js';
import {TIMINGS} from '../records/folder.js';
import {BEGUN} from '../records/run-record.js';
import type {TimingRecord, TrainingRecord} from '../records/training-record.js';
import type {Pool} from './pool.js';
import {showProgress} from './progress.js';

interface Shared {
  readonly config: StudyConfig;
  readonly records: RecordFolder;
}

/** Runs what is missing of the study on few images: the tuning, then the final trainings, then the timing pass. */
export async function conduct(pool: Pool, {config, records}: Shared): Promise<void> {
  records.removeUnfinished();
  noteBegin(records);
  await trainAll('tuning', tuningJobs(config), pool, {config, records});
  const finished = tuningJobs(config).map(({id}) => records.record(id));
  const jobs = finalJobs(config, choiceOf(tunings(finished)));
  await trainAll('final', jobs, pool, {config, records});
  await timeAll(pool, {config, records});
}

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
        if (answer.kind === 'trained') progress.done(weightOf(answer.record, config), describe(answer.record));
      },
    );
  } finally {
    progress.stop();
  }
}

function describe({dataSet, model, arm, strength, seed, validation, seconds, failures}: TrainingRecord): string {
  const what = `${dataSet} ${model} ${arm}${arm === 'none' ? '' : ` ${strength}`}, seed ${seed}`;
  const trouble = failures.length === 0 ? '' : `; ${failures.length} samples failed`;
  return `${what}: validation ${(100 * validation.accuracy).toFixed(1)} %, ${seconds.toFixed(1)} s${trouble}`;
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
