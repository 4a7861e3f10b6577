import {readFileSync} from 'node:fs';
import os from 'node:os';
import {join} from 'node:path';
import type {Engine} from 'tfjs-hessian/node';
import type {StudyConfig} from '../config.js';
import type {RecordFolder} from './folder.js';

/** The settings and the machine of a study's run. */
export interface RunRecord {
  readonly config: StudyConfig;
  readonly machine: string;
  readonly workers: number;
  /** ISO 8601. */
  readonly begun: string;
  readonly ended: string;
  /** Of all trainings together. */
  readonly jobSeconds: number;
}

/** The file with the start time of the study. */
export const BEGUN = 'begun.json';

/** The record of a run that ends now. */
export function describeRun(
  folder: RecordFolder,
  {config, workers, engine}: {readonly config: StudyConfig; readonly workers: number; readonly engine: Engine},
): RunRecord {
  const [processor] = os.cpus();
  const library = engine.library === null ? `${engine.package} ${engine.version}` : `libtensorflow ${engine.library}`;
  return {
    config,
    machine: `${processor?.model.trim() || 'unknown processor'}, ${os.availableParallelism()} cores, Node ${process.version}, ${library}`,
    workers,
    begun: JSON.parse(readFileSync(join(folder.path, BEGUN), 'utf8')) as string,
    ended: folder.newest().toISOString(),
    jobSeconds: [...folder.finished()].reduce((sum, id) => sum + folder.record(id).seconds, 0),
  };
}
