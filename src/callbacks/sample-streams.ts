import type {Observable} from 'rxjs';
import {ReplaySubject, Subject} from 'rxjs';
import {FailureStream} from '../streams/failure-stream.js';
import type {HessianSample, SampleFailure} from '../streams/hessian-sample.js';
import {setNotes} from '../streams/notes-channel.js';
import {ShieldedObservable} from '../streams/shielded.js';
import type {FailureNote, LogsNote, TrainingNote} from '../streams/training-note.js';
import type {TrainingRun} from './training-run.js';

/** The streams of a callback. An error in a subscriber is a failure, and does not disturb training. */
export class SampleStreams {
  readonly samples$: Observable<HessianSample>;
  readonly failures$: FailureStream;
  readonly runs$: Observable<Observable<HessianSample>>;

  private readonly samples = new ReplaySubject<HessianSample>(1);
  private readonly failures = new Subject<SampleFailure>();
  private readonly runs = new ReplaySubject<Observable<HessianSample>>(1);
  /** Failures and logs, for the sinks that keep them. */
  private readonly notes = new Subject<TrainingNote>();
  /** The training whose first failure was printed. */
  private printedFor: string | null = null;
  private isComplete = false;

  /** @param currentRun the run to which a failure belongs; `null` between two runs. */
  constructor(private readonly currentRun: () => TrainingRun | null) {
    const report = (error: Error) => this.fail({error}, 'receiver');
    this.samples$ = new ShieldedObservable(this.samples, report);
    this.runs$ = new ShieldedObservable(this.runs, report);
    this.failures$ = new FailureStream(
      this.failures,
      error => console.error(error),
      failure => this.fail(failure, 'receiver'),
    );
    setNotes(this.samples$, this.notes);
  }

  publish(sample: HessianSample): void {
    this.samples.next(sample);
  }

  publishRun({samples}: TrainingRun): void {
    this.runs.next(new ShieldedObservable(samples, error => this.fail({error}, 'receiver')));
  }

  /** Whether somebody keeps the notes. */
  get hasNoteTakers(): boolean {
    return this.notes.observed;
  }

  publishLogs({id, training, epoch, step}: TrainingRun, logs: Pick<LogsNote, 'batch' | 'logs' | 'learningRate'>): void {
    const time = new Date().toISOString();
    this.notes.next({schema: 2, run: id, training, kind: 'logs', epoch, step, time, ...logs});
  }

  /**
   * Publishes a failure. Without subscribers, the first failure of each training is printed.
   *
   * @param of whether a sample failed, or one of those who receive the samples.
   */
  fail(
    {error, batch = null, ...moment}: Pick<SampleFailure, 'error'> & Partial<SampleFailure>,
    of: FailureNote['of'] = 'sample',
  ): void {
    // `dispose` gives up the samples that a worker has not sent yet.
    if (this.isComplete) return;
    const run = this.currentRun();
    const training = run?.training ?? '';
    if (!this.failures.observed && this.printedFor !== training) {
      console.warn(`tfjs-hessian: ${error.name}: ${error.message} (subscribe to failures$ to see every failure)`);
    }
    if (run !== null) this.printedFor = training;
    const {epoch = run?.epoch ?? 0, step = run?.step ?? 0} = moment;
    this.failures.next({error, epoch, batch, step});
    if (run === null) return;
    const {name, message} = error;
    const time = new Date().toISOString();
    const note = {run: run.id, training: run.training, epoch, batch, step, time, of, name, message} as const;
    this.notes.next({schema: 2, kind: 'failure', ...note});
  }

  complete(): void {
    this.isComplete = true;
    this.notes.complete();
    this.samples.complete();
    this.runs.complete();
    this.failures.complete();
  }
}
