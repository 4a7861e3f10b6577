import type {PenaltyPoint} from '../../regularizers/penalty-stream.js';
import type {HessianSample} from '../../streams/hessian-sample.js';
import type {RunFacts, SampleNotice} from '../answers.js';
import {RunRecord} from './run-record.js';

/** Listens to a book. */
export interface BookListener {
  onSample(notice: SampleNotice): void;
  onPenalty(run: string): void;
  /** Samples that were told are there no more. */
  onForget(): void;
  onEnd(): void;
}

/** All runs that a page knows; the fits of one training are one. */
export class RunBook {
  private readonly records = new Map<string, RunRecord>();
  private readonly listeners: BookListener[] = [];
  private newest: RunRecord | null = null;
  /** Penalties of a run that has no sample yet. */
  private early: PenaltyPoint[] = [];

  get runs(): RunFacts[] {
    return [...this.records.values()].map(({facts}) => facts);
  }

  run(key: string): RunRecord | undefined {
    return this.records.get(key);
  }

  listen(listener: BookListener): void {
    this.listeners.push(listener);
  }

  /** @param source what tells its runs from those of other files; '' for a callback's. */
  add(sample: HessianSample, source = ''): void {
    const record = this.recordOf(sample.training ?? sample.run, source);
    if (record !== this.newest) {
      this.newest = record;
      for (const point of this.early.splice(0)) record.addPenalty(point);
    }
    record.hasEnded = false;
    record.add(sample);
    const notice = noticeOf(sample, record.key);
    for (const listener of this.listeners) listener.onSample(notice);
  }

  addPenalty(point: PenaltyPoint): void {
    if (this.newest === null || !this.newest.penalty.continues(point)) {
      this.early.push(point);
      return;
    }
    this.newest.addPenalty(point);
    for (const listener of this.listeners) listener.onPenalty(this.newest.key);
  }

  /** A file's samples begin anew. */
  forget(source: string): void {
    for (const key of this.records.keys()) if (key.startsWith(`${source}\n`)) this.records.delete(key);
    for (const listener of this.listeners) listener.onForget();
  }

  /** No more samples follow. */
  end(): void {
    for (const record of this.records.values()) record.hasEnded = true;
    for (const listener of this.listeners) listener.onEnd();
  }

  private recordOf(run: string, source: string): RunRecord {
    const key = source === '' ? run : `${source}\n${run}`;
    const known = this.records.get(key);
    if (known) return known;
    const number =
      1 + [...this.records.keys()].filter(other => source === '' || other.startsWith(`${source}\n`)).length;
    const name = shortRun(run, number);
    const label = source === '' ? name : number === 1 ? source : `${source} · ${name}`;
    const record = new RunRecord(key, label);
    this.records.set(key, record);
    return record;
  }
}

/** A callback's name for a run is a time and a random number; others are left as they are. */
function shortRun(run: string, number: number): string {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.\d+Z-[0-9a-f]{8}$/.exec(run) ?? [];
  return date === undefined ? run : `${number} · ${date} ${time}`;
}

function noticeOf(
  {index, epoch, batch, step, time, loss, learningRate, full: {trace, largest}}: HessianSample,
  run: string,
): SampleNotice {
  return {
    run,
    index,
    epoch,
    batch,
    step,
    time,
    loss,
    learningRate,
    trace: trace.value,
    traceStandardError: trace.standardError,
    top: largest[0]?.value ?? null,
    topResidual: largest[0]?.residual ?? null,
  };
}
