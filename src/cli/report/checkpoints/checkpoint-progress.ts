import type {Progress} from '../../../long-work.js';
import {progressBar} from '../../terminal/progress-bar.js';
import {timeLeft} from '../progress.js';

/** The steps of the bar for one checkpoint. */
const FINE = 100;

/** One bar for all checkpoints. The time left assumes that the rest takes as long as what is done. */
export function checkpointProgress(count: number) {
  const bar = progressBar('checkpoints', count * FINE);
  const began = performance.now();
  const show = (done: number) => {
    const seconds = (performance.now() - began) / 1000;
    bar.update(Math.floor(done * FINE));
    bar.note(
      `${Math.floor(done)} of ${count}${done > 0 ? `, ${timeLeft((seconds / done) * (count - done))} left` : ''}`,
    );
  };
  return {
    /** An `onProgress` for the checkpoint with a number. */
    within:
      (index: number) =>
      ({done, total}: Progress): void =>
        show(index + Math.min(1, total > 0 ? done / total : 0)),
    /** A checkpoint has ended. */
    ended: (index: number): void => show(index + 1),
    stop: (): void => bar.stop(),
  };
}
