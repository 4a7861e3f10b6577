import type {DensityRecord} from '../../metrics/records.js';

/** The spectra of one sample. */
export interface KeptMoment {
  readonly place: number;
  /** One density per block. */
  readonly densities: readonly (DensityRecord | null)[];
}

/** Keeps the spectra of a long run at a limited number of moments, evenly spread, with the newest one. */
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

  /** At most `most` moments of a range of places, evenly spread, with its last one. */
  within(start: number, end: number, most: number): KeptMoment[] {
    const all = this.newest === null || this.kept.at(-1) === this.newest ? this.kept : [...this.kept, this.newest];
    const found = all.filter(({place}) => place >= start && place < end);
    if (found.length <= most) return found;
    return Array.from({length: most}, (_, k) => found[Math.round((k * (found.length - 1)) / (most - 1))]!);
  }
}
