import type {PenaltyPoint} from '../../regularizers/penalty-stream.js';
import type {PenaltyView} from '../answers.js';
import {bandOf, buckets} from './buckets.js';
import {NumberColumn} from './number-column.js';

/** The penalties of one run. */
export class PenaltyRecord {
  private readonly steps = new NumberColumn();
  private readonly totals = new NumberColumn();
  private readonly layers = new Map<string, NumberColumn>();

  /** Whether a point follows the last one. */
  continues({step}: PenaltyPoint): boolean {
    return this.steps.length === 0 || step > this.steps.at(this.steps.length - 1);
  }

  add({step, total, layers}: PenaltyPoint): void {
    const before = this.steps.length;
    this.steps.push(step);
    this.totals.push(total);
    for (const [layer, penalty] of Object.entries(layers)) {
      const column = this.layers.get(layer) ?? new NumberColumn();
      this.layers.set(layer, column);
      while (column.length < before) column.push(null);
      column.push(penalty);
    }
  }

  get isEmpty(): boolean {
    return this.steps.length === 0;
  }

  view(from: number | null, to: number | null, most: number): PenaltyView | null {
    if (this.steps.length === 0) return null;
    const start = from === null ? 0 : this.steps.firstAtLeast(from);
    const end = to === null ? this.steps.length : this.steps.firstAtLeast(to + 0.5);
    const parts = buckets(start, end, most);
    return {
      step: parts.map(part => this.steps.at(part.end - 1)),
      total: bandOf(parts, place => this.totals.at(place)),
      layers: [...this.layers].map(([layer, column]) => ({layer, penalty: bandOf(parts, place => column.at(place))})),
    };
  }
}
