import type {DensityRecord} from '../../metrics/records.js';

/** The spectra of one sample. */
export interface KeptMoment {
  readonly place: number;
  /** By block. */
  readonly densities: readonly (DensityRecord | null)[];
}

/** The spectra of a long run, at no more than so many moments, evenly spread, the newest among them. */
export class KeptSpectra {
  private kept: KeptMoment[] = [];
  private newest: KeptMoment | null = null;
  private every = 1;

  constructor(private readonly most = 96) {}

  add(moment: KeptMoment): void {
    this.newest = moment;
    if (moment.place % this.every !== 0) return;
    this.kept.push(moment);
    if (this.kept.length < this.most) return;
    this.every *= 2;
    this.kept = this.kept.filter(({place}) => place % this.every === 0);
  }

  /** At most so many of a range of places, evenly spread, its last among them. */
  within(start: number, end: number, most: number): KeptMoment[] {
    const all = this.newest === null || this.kept.at(-1) === this.newest ? this.kept : [...this.kept, this.newest];
    const found = all.filter(({place}) => place >= start && place < end);
    if (found.length <= most) return found;
    return Array.from({length: most}, (_, k) => found[Math.round((k * (found.length - 1)) / (most - 1))]!);
  }
}
