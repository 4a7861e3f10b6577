import type {FailureGroup, FailuresView} from '../answers.js';

/** A failure at a moment of a run. */
interface Failure {
  readonly step: number;
  readonly epoch: number;
  readonly time: string;
  readonly message: string;
  /** Whether a sample failed that was due. */
  readonly isSample: boolean;
}

/** A place on the axis of steps. */
interface Mark {
  readonly step: number;
  readonly last: number;
  readonly count: number;
}

const MOST_GROUPS = 20;

/** What failed in a run: how often, where, and why. Its size is limited. */
export class FailureRecord {
  /** The number of samples that failed. */
  samples = 0;
  newest: Failure | null = null;
  private marks: Mark[] = [];
  /** Consecutive failures of one kind, the oldest first. */
  private groups: FailureGroup[] = [];

  constructor(private readonly mostMarks = 240) {}

  add(failure: Failure): void {
    const {step, epoch, time, message, isSample} = failure;
    this.newest = failure;
    if (isSample) {
      this.samples++;
      this.marks.push({step, last: step, count: 1});
      if (this.marks.length > 2 * this.mostMarks) this.marks = merged(this.marks);
    }
    const before = this.groups.at(-1);
    if (before !== undefined && kindOf(before.message) === kindOf(message)) {
      this.groups[this.groups.length - 1] = {...before, message, lastStep: step, time, count: before.count + 1};
      return;
    }
    this.groups.push({step, lastStep: step, epoch, time, message, count: 1, isSample});
    // The first one often explains the others.
    if (this.groups.length > MOST_GROUPS) this.groups.splice(1, 1);
  }

  view(from: number | null, to: number | null): FailuresView {
    const shown = this.marks.filter(
      ({step, last}) => last >= (from ?? Number.NEGATIVE_INFINITY) && step <= (to ?? Number.POSITIVE_INFINITY),
    );
    return {
      step: shown.map(({step}) => step),
      count: shown.map(({count}) => count),
      groups: this.groups.toReversed(),
    };
  }
}

/** Each pair of neighbors as one. */
function merged(marks: readonly Mark[]): Mark[] {
  return marks.flatMap((mark, i) => {
    if (i % 2 === 1) return [];
    const next = marks[i + 1];
    return [next === undefined ? mark : {step: mark.step, last: next.last, count: mark.count + next.count}];
  });
}

/** A message without its numbers. */
function kindOf(message: string): string {
  return message.replaceAll(/[-\d.e+]+/g, '0');
}
