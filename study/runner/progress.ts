import {progressBar} from '../../src/cli/terminal/progress-bar.js';

export interface Progress {
  /** A training of this weight has finished; `newest` describes it in a few words. */
  done(weight: number, newest: string): void;
  stop(): void;
}

/** The progress of a phase and its remaining time: a bar on a terminal, a line per training in a pipe. */
export function showProgress(title: string, jobs: number, weight: number): Progress {
  const began = performance.now();
  let [count, finished] = [0, 0];
  // At the end the sum of the weights is off by a rounding error.
  const minutesLeft = () => Math.max(0, ((performance.now() - began) / 60_000) * (weight / finished - 1));
  const stream = process.stdout;
  const bar = progressBar(`${title}: {value} of ${jobs}`, jobs, {stream, isQuiet: !stream.isTTY});
  return {
    done(of, newest) {
      count++;
      finished += of;
      const left = `${minutesLeft().toFixed(minutesLeft() < 10 ? 1 : 0)} min left`;
      bar.increment();
      bar.note(`${left}, ${newest}`);
      if (!stream.isTTY) console.log(`${title} ${count} of ${jobs}, ${left}: ${newest}`);
    },
    stop: () => bar.stop(),
  };
}
