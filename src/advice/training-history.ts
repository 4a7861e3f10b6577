import type {HessianSample} from '../streams/hessian-sample.js';
import {type LiveRun, liveRunOf} from '../streams/live-run.js';
import {findingsOf} from './advise.js';
import type {Finding} from './finding.js';
import type {AdviceContext} from './history.js';
import {KeptSamples} from './kept-samples.js';
import {failedSamples} from './rules/failed-samples.js';

/** The samples of one training as they come, and what they say so far. */
export class TrainingHistory {
  private readonly kept = new KeptSamples();
  private live: LiveRun | null = null;
  /** The failures of earlier fits. */
  private failures = 0;

  get count(): number {
    return this.kept.count;
  }

  /**
   * Adds the next sample in the order of time.
   *
   * @returns the fit of the sample if it has just begun.
   */
  add(sample: HessianSample): LiveRun | null {
    this.kept.add(sample);
    const live = liveRunOf(sample);
    if (live === undefined || live === this.live) return null;
    this.failures += this.live?.failures ?? 0;
    this.live = live;
    return live;
  }

  /** The findings so far, weightiest first; without samples, only that all failed. The failures of a live training are known here too. */
  findings(context: AdviceContext = {}): Finding[] {
    const failures = Math.max(context.failures ?? 0, this.failures + (this.live?.failures ?? 0));
    if (this.count === 0) return [...failedSamples({samples: [], count: 0, context: {failures}})];
    return findingsOf(this.kept, {...context, failures});
  }
}
