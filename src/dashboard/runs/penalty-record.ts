import type {PenaltyNote} from '../../streams/training-note.js';
import type {PenaltyView} from '../answers.js';
import {bandOf, buckets} from './buckets.js';
import {NumberColumn} from './number-column.js';

/** The penalties of one run. */
export class PenaltyRecord {
  private readonly steps = new NumberColumn(true);
  private readonly totals = new NumberColumn();
  private readonly layers = new Map<string, NumberColumn>();

  add({step, total, layers}: PenaltyNote): void {
    const before = this.steps.length;
    // A part of the training that a resumed one repeats.
    if (before > 0 && step <= this.steps.at(before - 1)) return;
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
