import type {Subscription} from 'rxjs';
import {trainingOf} from '../../advice/advise.js';
import type {Finding} from '../../advice/finding.js';
import {TrainingHistory} from '../../advice/training-history.js';
import type {HessianSample} from '../../streams/hessian-sample.js';

interface Training {
  readonly history: TrainingHistory;
  /** The findings that were told. */
  readonly told: Set<string>;
  /** The number of samples that have been judged. */
  judged: number;
  end: Subscription | null;
}

/** Tells the findings on each training when one of its fits ends, or when the stream does; each finding once. */
export class TrainingFindings {
  private readonly trainings = new Map<string, Training>();

  /**
   * @param tell receives the findings that are new, weightiest first. May throw.
   * @param fail receives what it throws.
   */
  constructor(
    private readonly tell: (findings: readonly Finding[]) => void,
    private readonly fail: (error: unknown) => void,
  ) {}

  add(sample: HessianSample): void {
    const training = this.trainingOf(sample);
    const live = training.history.add(sample);
    if (live === null) return;
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
    const {history, told} = training;
    if (training.judged === history.count) return;
    training.judged = history.count;
    try {
      const added = history.findings().filter(({rule, level, layer}) => {
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
    const made = {history: new TrainingHistory(), told: new Set<string>(), judged: 0, end: null};
    this.trainings.set(key, made);
    return made;
  }
}
