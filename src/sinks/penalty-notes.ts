import type {PenaltyPoint} from '../regularizers/penalty-stream.js';
import type {PenaltyNote, TrainingNote} from '../streams/training-note.js';
import {finiteOrNull} from '../streams/training-note.js';

/** The names of a run and of its training. */
type RunName = Pick<TrainingNote, 'run' | 'training'>;

/** Assigns penalties, which do not name their run, to the runs of the samples that come with them. */
export class PenaltyNotes {
  private newest: RunName | null = null;
  private lastStep = 0;
  /** Penalties that arrived before the first sample or note of their run. */
  private early: PenaltyPoint[] = [];

  /**
   * Says to which run the newest sample or note belongs.
   *
   * @returns the penalties that waited for it.
   */
  follow({run, training}: RunName): PenaltyNote[] {
    const isSame = this.newest !== null && nameOf(this.newest) === nameOf({run, training});
    this.newest = training === undefined ? {run} : {run, training};
    if (isSame) return [];
    const points = this.early.splice(0);
    this.lastStep = points.at(-1)?.step ?? 0;
    return points.map(point => noteOf(point, this.newest!));
  }

  /** @returns no note if the penalty belongs to a run that is not known yet: that of the next samples. */
  add(point: PenaltyPoint): PenaltyNote[] {
    if (this.newest === null || point.step <= this.lastStep) {
      this.early.push(point);
      return [];
    }
    this.lastStep = point.step;
    return [noteOf(point, this.newest)];
  }
}

/** The name under which the fits of one training are one. */
function nameOf({run, training}: {readonly run: string; readonly training?: string | undefined}): string {
  return training ?? run;
}

function noteOf({step, total, layers}: PenaltyPoint, name: RunName): PenaltyNote {
  return {
    schema: 2,
    ...name,
    kind: 'penalty',
    step,
    time: new Date().toISOString(),
    total: finiteOrNull(total),
    layers: Object.fromEntries(Object.entries(layers).map(([layer, value]) => [layer, finiteOrNull(value)])),
  };
}
