import type {CustomCallback} from '@tensorflow/tfjs-layers';
import type {TensorFlow} from '../../engine/load.js';
import {densityLine} from '../../report/density-line.js';
import {axisOver} from '../../report/eigenvalue-axis.js';
import {withError} from '../../report/markup.js';
import {terminalStyle} from '../../report/stream-style.js';
import {terminalAxis} from '../../report/terminal-axis.js';
import {spelled} from '../../report/terminal-style.js';
import type {HessianSample} from '../../streams/hessian-sample.js';
import {progressBar} from '../terminal/progress-bar.js';

export interface ShowTrainingArgs {
  /** Optimizer steps of the whole training. */
  readonly steps: number;
  readonly isQuiet: boolean;
}

/**
 * The ends of the axis of all lines, which must be known before the first sample. Eigenvalues beyond an end are shown at it.
 */
const [LEAST, MOST] = [-1, 100];

/**
 * Shows a training as one line per sample, so that the spectrum can be seen to move, and on a terminal as a progress bar
 * below.
 */
export function showTraining(tf: TensorFlow, {steps, isQuiet}: ShowTrainingArgs) {
  const style = terminalStyle();
  const stepWidth = Math.max(4, String(steps).length);
  const text = (sample: HessianSample) =>
    spelled(
      [
        String(sample.step).padStart(stepWidth),
        sample.loss.toFixed(3).padStart(6),
        withError(sample.full.trace.value, sample.full.trace.standardError, 3).padStart(14),
        (sample.full.largest[0]?.value ?? 0).toPrecision(3).padStart(6),
      ].join('  '),
      style,
    );
  const head = ['step'.padStart(stepWidth), 'loss'.padStart(6), 'trace'.padStart(14), 'top'.padStart(6)].join('  ');
  const axis = axisOver(LEAST, MOST, Math.max(24, style.width - head.length - 3));
  const bar = progressBar(`step {value} of ${steps}`, steps, {
    // In a pipe, the samples are the lines.
    isQuiet: isQuiet || !process.stdout.isTTY,
    stream: process.stdout,
  });
  let began = false;
  return {
    sample(sample: HessianSample): void {
      if (isQuiet) return;
      if (!began) bar.log(head);
      began = true;
      // A full block means that a decade contains all eigenvalues.
      const full = Math.log10(1 + sample.full.parameters);
      bar.log(`${text(sample)}  ${densityLine(sample.full, axis, full, style)}`);
    },
    callback: new tf.CustomCallback({
      onBatchEnd: () => bar.increment(),
      onTrainEnd: () => {
        bar.stop();
        if (isQuiet) return;
        const margin = ' '.repeat(head.length + 2);
        for (const line of terminalAxis(axis, style)) console.log(margin + line);
      },
    }) as CustomCallback,
  };
}
