import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {SampleKind, TimingRecord, TrainingRecord} from './training-record.js';

/**
 * The records of trainings, one folder each. While a training runs, its folder is called `….unfinished`. The last step renames it,
 * so a folder without that ending is complete, even if the study was killed.
 */
export class RecordFolder {
  private readonly trainings: string;

  constructor(readonly path: string) {
    this.trainings = join(path, 'trainings');
    mkdirSync(this.trainings, {recursive: true});
  }

  /** The ids of finished trainings. */
  finished(): Set<string> {
    return new Set(readdirSync(this.trainings).filter(name => !name.endsWith(UNFINISHED)));
  }

  /** Removes the folders of unfinished trainings. Call it only while none runs. */
  removeUnfinished(): void {
    for (const name of readdirSync(this.trainings)) {
      if (name.endsWith(UNFINISHED)) rmSync(join(this.trainings, name), {recursive: true, force: true});
    }
  }

  /** An empty folder for a training's files. */
  begin(id: string): string {
    const path = join(this.trainings, id + UNFINISHED);
    rmSync(path, {recursive: true, force: true});
    mkdirSync(path);
    return path;
  }

  finish(record: TrainingRecord): void {
    const path = join(this.trainings, record.id);
    writeFileSync(join(path + UNFINISHED, RECORD), JSON.stringify(record), {flush: true});
    renameSync(path + UNFINISHED, path);
  }

  record(id: string): TrainingRecord {
    return JSON.parse(readFileSync(join(this.trainings, id, RECORD), 'utf8')) as TrainingRecord;
  }

  /** Of the timing pass; empty before it. */
  timings(): TimingRecord[] {
    const path = join(this.path, TIMINGS);
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as TimingRecord[]) : [];
  }

  /** When the newest training was finished. */
  newest(): Date {
    const times = [...this.finished()].map(id => statSync(join(this.trainings, id, RECORD)).mtimeMs);
    return new Date(Math.max(...times));
  }

  /** The path of the samples of a kind; `null` if none were taken. */
  samples(id: string, kind: SampleKind): string | null {
    const path = join(this.trainings, id, samplesFile(kind));
    return existsSync(path) ? path : null;
  }
}

const UNFINISHED = '.unfinished';
const RECORD = 'training.json';
/** The file of the timing pass. */
export const TIMINGS = 'timings.json';

export function samplesFile(kind: SampleKind): string {
  return `${kind}.ndjson`;
}
