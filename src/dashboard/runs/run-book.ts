import type {PenaltyPoint} from '../../regularizers/penalty-stream.js';
import {PenaltyNotes} from '../../sinks/penalty-notes.js';
import type {HessianSample} from '../../streams/hessian-sample.js';
import type {TrainingNote} from '../../streams/training-note.js';
import type {RunFacts, SampleNotice} from '../answers.js';
import {RunRecord} from './run-record.js';

/** Receives the events of a book. */
export interface BookListener {
  onSample(notice: SampleNotice): void;
  /** Something besides samples has come: a failure, logs or a penalty. */
  onNote(run: string): void;
  /** Earlier samples were removed. */
  onForget(): void;
  onEnd(): void;
}

/** All runs that a page knows. The fits of one training are one run. */
export class RunBook {
  private readonly records = new Map<string, RunRecord>();
  private readonly listeners: BookListener[] = [];
  private readonly penalties = new PenaltyNotes();

  get runs(): RunFacts[] {
    return [...this.records.values()].map(({facts}) => facts);
  }

  run(key: string): RunRecord | undefined {
    return this.records.get(key);
  }

  listen(listener: BookListener): void {
    this.listeners.push(listener);
  }

  /**
   * Adds a sample to its run.
   *
   * @param source the file of the sample; '' for a callback.
   */
  add(sample: HessianSample, source = ''): void {
    const record = this.recordOf(sample.training ?? sample.run, source);
    if (source === '') for (const note of this.penalties.follow(sample)) record.addNote(note);
    record.hasEnded = false;
    record.add(sample);
    const notice = noticeOf(sample, record.key);
    for (const listener of this.listeners) listener.onSample(notice);
  }

  /** Adds a failure, logs or a penalty to its run. */
  addNote(note: TrainingNote, source = ''): void {
    const record = this.recordOf(note.training ?? note.run, source);
    if (source === '') for (const earlier of this.penalties.follow(note)) record.addNote(earlier);
    record.hasEnded = false;
    record.addNote(note);
    for (const listener of this.listeners) listener.onNote(record.key);
  }

  /** Adds a penalty to the newest run of a callback. */
  addPenalty(point: PenaltyPoint): void {
    for (const note of this.penalties.add(point)) this.addNote(note);
  }

  /** Removes the runs of a file, whose samples follow again. */
  forget(source: string): void {
    for (const key of this.records.keys()) if (key.startsWith(`${source}\n`)) this.records.delete(key);
    for (const listener of this.listeners) listener.onForget();
  }

  /** Says that no more samples will follow, of all runs or of those of a file. */
  end(source = ''): void {
    for (const [key, record] of this.records)
      if (source === '' || key.startsWith(`${source}\n`)) record.hasEnded = true;
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

/** A short label for a run that a callback named by time and a random number; other names are unchanged. */
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
