import cliProgress from 'cli-progress';
import type {TrainingRecord} from '../records/training-record.js';

export interface Progress {
  /** A training has finished that weighs so much. */
  done(record: TrainingRecord, weight: number): void;
  stop(): void;
}

/** How far a phase is, and how long it will take: a bar on a terminal, a line a training in a pipe. */
export function showProgress(title: string, jobs: number, weight: number): Progress {
  const began = performance.now();
  let [count, finished] = [0, 0];
  // Sums of weights are off by a rounding error at the end.
  const minutesLeft = () => Math.max(0, ((performance.now() - began) / 60_000) * (weight / finished - 1));
  const bar = process.stdout.isTTY
    ? new cliProgress.SingleBar(
        {format: `${title} [{bar}] {value} of {total} | {left} | {newest}`, barsize: 24, hideCursor: true},
        cliProgress.Presets.rect,
      )
    : null;
  bar?.start(jobs, 0, {left: '', newest: ''});
  return {
    done(record, of) {
      count++;
      finished += of;
      const left = `${minutesLeft().toFixed(minutesLeft() < 10 ? 1 : 0)} min left`;
      const newest = describe(record);
      if (bar) bar.update(count, {left, newest});
      else console.log(`${title} ${count} of ${jobs}, ${left}: ${newest}`);
    },
    stop: () => bar?.stop(),
  };
}

function describe({dataSet, model, arm, strength, seed, validation, seconds, failures}: TrainingRecord): string {
  const what = `${dataSet} ${model} ${arm}${arm === 'none' ? '' : ` ${strength}`}, seed ${seed}`;
  const trouble = failures.length === 0 ? '' : `; ${failures.length} samples failed`;
  return `${what}: validation ${(100 * validation.accuracy).toFixed(1)} %, ${seconds.toFixed(1)} s${trouble}`;
}
