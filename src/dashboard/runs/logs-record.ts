import type {LogsNote} from '../../streams/training-note.js';
import type {LogsView} from '../answers.js';
import {bandOf, buckets} from './buckets.js';
import {NumberColumn} from './number-column.js';

/** One series: a number that `fit` logs, over the epochs or the sampled batches. */
interface Log {
  readonly step: NumberColumn;
  readonly epoch: NumberColumn;
  readonly value: NumberColumn;
}

/** What `fit` has logged in one run. */
export class LogsRecord {
  private readonly logs = new Map<string, Log & {readonly name: string; readonly ofBatch: boolean}>();

  add({step, epoch, batch, logs, learningRate}: LogsNote): void {
    const ofBatch = batch !== null;
    const all = ofBatch ? logs : {...logs, ...(learningRate !== null && {learningRate})};
    for (const [name, value] of Object.entries(all)) {
      const key = `${ofBatch}\n${name}`;
      const log = this.logs.get(key) ?? {...newLog(), name, ofBatch};
      this.logs.set(key, log);
      // A part of the training that a resumed one repeats.
      if (step < log.step.at(log.step.length - 1)) continue;
      log.step.push(step);
      log.epoch.push(epoch);
      log.value.push(value);
    }
  }

  /** The losses of the validation data, by epoch. */
  get validationLoss(): number[] {
    const {value} = this.logs.get('false\nval_loss') ?? newLog();
    return Array.from({length: value.length}, (_, i) => value.at(i)).filter(Number.isFinite);
  }

  view(from: number | null, to: number | null, most: number): LogsView[] {
    return [...this.logs.values()].map(({name, ofBatch, step, epoch, value}) => {
      const start = from === null ? 0 : step.firstAtLeast(from);
      const end = to === null ? step.length : step.firstAtLeast(to + 0.5);
      const parts = buckets(start, end, most);
      const at = (column: NumberColumn) => parts.map(part => column.at(part.end - 1));
      return {name, ofBatch, step: at(step), epoch: at(epoch), band: bandOf(parts, place => value.at(place))};
    });
  }
}

function newLog(): Log {
  return {step: new NumberColumn(true), epoch: new NumberColumn(true), value: new NumberColumn()};
}
