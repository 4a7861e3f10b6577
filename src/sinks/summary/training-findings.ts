import type {Subscription} from 'rxjs';
import {findingsOf, trainingOf} from '../../advice/advise.js';
import type {Finding} from '../../advice/finding.js';
import {KeptSamples} from '../../advice/kept-samples.js';
import type {HessianSample} from '../../streams/hessian-sample.js';
import {type LiveRun, liveRunOf} from '../../streams/live-run.js';

interface Training {
  readonly kept: KeptSamples;
  /** The findings that were told. */
  readonly told: Set<string>;
  /** The samples that have been judged. */
  judged: number;
  failures: number;
  live: LiveRun | null;
  end: Subscription | null;
}

/** Tells the findings on each training when one of its fits ends, or when the stream does; each finding once. */
export class TrainingFindings {
  private readonly trainings = new Map<string, Training>();

  /** @param tell receives the findings that are new, weightiest first. May throw. */
  constructor(
    private readonly tell: (findings: readonly Finding[]) => void,
    private readonly fail: (error: unknown) => void,
  ) {}

  add(sample: HessianSample): void {
    const training = this.trainingOf(sample);
    training.kept.add(sample);
    const live = liveRunOf(sample) ?? null;
    if (live === null || live === training.live) return;
    if (training.live !== null) training.failures += training.live.failures;
    training.live = live;
    training.end?.unsubscribe();
    // For a sample that is older than the subscription, the fit may be over: then this completes at once.
    training.end = live.ended$.subscribe({complete: () => this.judge(training)});
  }

  /** Judges what has not been judged: called at the end of the stream. */
  close(): void {
    for (const training of this.trainings.values()) {
      training.end?.unsubscribe();
      this.judge(training);
    }
    this.trainings.clear();
  }

  private judge(training: Training): void {
    const {kept, told, failures, live} = training;
    if (training.judged === kept.count) return;
    training.judged = kept.count;
    try {
      const findings = findingsOf(kept, {failures: failures + (live?.failures ?? 0)});
      const added = findings.filter(({rule, level, layer}) => {
        const key = `${rule}\n${level}\n${layer}`;
        if (told.has(key)) return false;
        told.add(key);
        return true;
      });
      if (added.length > 0) this.tell(added);
    } catch (error) {
      this.fail(error);
    }
  }

  private trainingOf(sample: HessianSample): Training {
    const key = trainingOf(sample);
    const known = this.trainings.get(key);
    if (known !== undefined) return known;
    const made = {kept: new KeptSamples(), told: new Set<string>(), judged: 0, failures: 0, live: null, end: null};
    this.trainings.set(key, made);
    return made;
  }
}
