import type {CustomCallback} from '@tensorflow/tfjs-layers';
import cliProgress from 'cli-progress';
import type {Observable} from 'rxjs';
import type {HessianSample} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';

export interface ProgressArgs {
  readonly name: string;
  /** Optimizer steps of the whole training. */
  readonly steps: number;
  readonly samples$: Observable<HessianSample>;
}

/** A callback that shows the progress of a training and its newest sample: a bar on a terminal, one line per sample in a pipe. */
export function progress(tf: TensorFlow, args: ProgressArgs): CustomCallback {
  return process.stdout.isTTY ? bar(tf, args) : lines(tf, args);
}

function bar(tf: TensorFlow, {name, steps, samples$}: ProgressArgs): CustomCallback {
  const format = '[{bar}] step {value} of {total} | {duration_formatted} | {newest}';
  const shown = new cliProgress.SingleBar(
    {stream: process.stdout, format, barsize: 24, hideCursor: true},
    cliProgress.Presets.rect,
  );
  samples$.subscribe(sample => shown.update({newest: summary(sample)}));
  return new tf.CustomCallback({
    onTrainBegin: () => {
      console.log(`\n${name}`);
      shown.start(steps, 0, {newest: ''});
    },
    onBatchEnd: () => shown.increment(),
    onTrainEnd: () => shown.stop(),
  });
}

function lines(tf: TensorFlow, {name, steps, samples$}: ProgressArgs): CustomCallback {
  samples$.subscribe(sample => console.log(`  step ${sample.step} of ${steps}: ${summary(sample)}`));
  return new tf.CustomCallback({onTrainBegin: () => console.log(`\n${name}`)});
}

function summary({loss, full: {trace, largest}}: HessianSample): string {
  const error = trace.standardError === null ? '' : ` ± ${trace.standardError.toFixed(1)}`;
  return `loss ${loss.toFixed(3)}, trace ${trace.value.toFixed(1)}${error}, top eigenvalue ${largest[0]!.value.toFixed(2)}`;
}
