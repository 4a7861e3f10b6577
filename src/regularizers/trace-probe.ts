import type {Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {pushJets} from '../autodiff/jets.js';
import type {Recorder, Slot} from '../autodiff/recording.js';
import type {ProbeDistribution} from '../random.js';
import {deriveSeed, probeVector} from '../random.js';

export interface TraceProbeArgs {
  readonly probes: number;
  readonly distribution: ProbeDistribution;
  /** Seeds this estimate alone: another step, another layer, another seed. */
  readonly seed: number;
}

/**
 * Hutchinson's estimate of the trace of the loss's Hessian in some variables, on the tape: the mean of vᵀHv over probes
 * v of mean 0 and unit covariance (Hutchinson 1989).
 *
 * @param loss the data loss in the recording.
 * @returns a scalar that belongs to the scope; its gradient is that of the estimate. `null` where H is zero.
 */
export function traceOnTape(
  recorder: Recorder,
  loss: Slot,
  variables: readonly Variable[],
  {probes, distribution, seed}: TraceProbeArgs,
): Tensor | null {
  const {recording} = recorder;
  return recorder.pause(() => {
    const forms: Tensor[] = [];
    for (let probe = 0; probe < probes; probe++) {
      const tangents = new Map(
        variables.map((variable, i) => {
          const entries = probeVector(deriveSeed(seed, probe), i, variable.size, distribution);
          return [recording.touch(variable), tf.tensor(entries, variable.shape)];
        }),
      );
      const {second} = pushJets(recording, tangents, loss);
      if (second !== null) forms.push(second);
    }
    if (forms.length === 0) return null;
    const sum = forms.reduce((a, b) => tf.add(a, b));
    return probes === 1 ? sum : tf.div(sum, probes);
  });
}
