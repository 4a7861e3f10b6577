import type {HessianSample} from '../streams/hessian-sample.js';

/** The number of samples, evenly spread, that are kept of a long run: a test for a trend compares all pairs. */
const MOST = 256;

/** The newest samples are kept in any case. */
const NEWEST = 8;

/** The samples of a run that the rules see: all of them if they are few, otherwise some, evenly spread, and the newest. */
export class KeptSamples {
  /** The number of all samples. */
  count = 0;
  private spread: HessianSample[] = [];
  private newest: HessianSample[] = [];
  private every = 1;

  /** Adds the next sample in the order of time. */
  add(sample: HessianSample): void {
    if (this.count % this.every === 0) this.spread.push(sample);
    this.count++;
    this.newest.push(sample);
    if (this.newest.length > NEWEST) this.newest.shift();
    if (this.spread.length <= MOST) return;
    this.every *= 2;
    this.spread = this.spread.filter((_, i) => i % 2 === 0);
  }

  get samples(): HessianSample[] {
    const newest = new Set(this.newest);
    return [...this.spread.filter(sample => !newest.has(sample)), ...this.newest];
  }
}
