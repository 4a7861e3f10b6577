import {progressBar} from '../../src/cli/terminal/progress-bar.js';
import type {TrainingRecord} from '../records/training-record.js';

export interface Progress {
  /** A training of this weight has finished. */
  done(record: TrainingRecord, weight: number): void;
  stop(): void;
}

/** The progress of a phase and its remaining time: a bar on a terminal, a line per training in a pipe. */
export function showProgress(title: string, jobs: number, weight: number): Progress {
  const began = performance.now();
  let [count, finished] = [0, 0];
  // At the end the sum of the weights is off by a rounding error.
  const minutesLeft = () => Math.max(0, ((performance.now() - began) / 60_000) * (weight / finished - 1));
  const stream = process.stdout;
  const bar = progressBar(`${title}: {value} of ${jobs}`, jobs, {stream});
  return {
    done(record, of) {
      count++;
      finished += of;
      const left = `${minutesLeft().toFixed(minutesLeft() < 10 ? 1 : 0)} min left`;
      const newest = describe(record);
      bar.increment();
      bar.note(`${left}, ${newest}`);
      if (!stream.isTTY) console.log(`${title} ${count} of ${jobs}, ${left}: ${newest}`);
    },
    stop: () => bar.stop(),
  };
}

function describe({dataSet, model, arm, strength, seed, validation, seconds, failures}: TrainingRecord): string {
  const what = `${dataSet} ${model} ${arm}${arm === 'none' ? '' : ` ${strength}`}, seed ${seed}`;
  const trouble = failures.length === 0 ? '' : `; ${failures.length} samples failed`;
  return `${what}: validation ${(100 * validation.accuracy).toFixed(1)} %, ${seconds.toFixed(1)} s${trouble}`;
}
