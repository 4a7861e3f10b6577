import type {Progress} from '../../long-work.js';
import {type ProgressBar, progressBar} from '../terminal/progress-bar.js';

/** Shows the progress of long work, one bar for each part of it. */
export function showProgress() {
  let part: {readonly text: string; readonly bar: ProgressBar} | null = null;
  const end = () => {
    part?.bar.stop();
    part = null;
  };
  return {
    /** An `onProgress` for a part of the work. `what` names a unit. */
    part:
      (what: string) =>
      ({done, total, eta}: Progress): void => {
        const text = `${what} {value} of ${total}`;
        if (part?.text !== text) {
          end();
          part = {text, bar: progressBar(text, total)};
        }
        part.bar.update(Math.floor(done));
        part.bar.note(`${timeLeft(eta)} left`);
      },
    end,
  };
}

/** Seconds as a note: `12 s`, `3 min`. */
export function timeLeft(seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
