import type {Rank} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {attachRegularizer, HessianTraceRegularizer, hessian, layerwiseSpectra} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {Examples} from '../../examples/mnist/data.js';
import type {KernelProfile} from '../harness/kernel-clock.js';
import {by, KernelClock} from '../harness/kernel-clock.js';
import type {ProfileRecord} from '../harness/record.js';
import {gradientOf} from '../subjects/subject.js';

export interface KernelsArgs {
  readonly tf: TensorFlow;
  readonly model: LayersModel;
  readonly batch: Examples;
  /** Takes the gradient; default: that of cross-entropy. */
  readonly gradient?: () => void;
  readonly repetitions?: number;
  /** Whether to train a step with the penalty too, which changes the weights. */
  readonly penalty?: boolean;
}

/** Profiles a model's gradient, its linearization, a product, and a whole sample of 10 steps and 1 probe. */
export async function profileSample({
  tf,
  model,
  batch,
  gradient = gradientOf(tf, model, batch),
  repetitions = 5,
  penalty = false,
}: KernelsArgs): Promise<Record<string, ProfileRecord>> {
  const clock = new KernelClock(model);
  try {
    const profiles: Record<string, ProfileRecord> = {};
    const add = async (name: string, run: () => unknown, times = repetitions) => {
      profiles[name] = recordOf(await clock.profile(run, times));
    };
    await add('gradient', gradient);
    await add('linearization', async () => (await hessian(model, batch)).dispose());
    const H = await hessian(model, batch);
    const v = tf.randomNormal<Rank.R1>([H.size], 0, 1, 'float32', 1);
    await add('product', () => tf.tidy(() => void H.matvec(v).dataSync()));
    const V = tf.randomNormal<Rank.R2>([H.size, 8], 0, 1, 'float32', 1);
    await add('8 products at once', () => tf.tidy(() => void H.matmat(V).dataSync()));
    await add('sample', () => layerwiseSpectra(H, {steps: 10, probes: 1}), 1);
    H.dispose();
    tf.dispose([v, V]);
    if (penalty) {
      await add('plain step', () => model.trainOnBatch(batch.x, batch.y));
      for (const layers of ['middle', 'all'] as const) {
        const {detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-4}), {layers});
        await add(`step, '${layers}' penalized`, () => model.trainOnBatch(batch.x, batch.y));
        detach();
      }
    }
    return profiles;
  } finally {
    clock.stop();
  }
}

function recordOf(profile: KernelProfile): ProfileRecord {
  return {
    milliseconds: profile.total,
    byKernel: by('kernel', profile).map(([kernel, ms, calls]) => [kernel!, ms, calls]),
    byLayer: by('layer', profile),
  };
}
