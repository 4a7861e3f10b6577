import type {LayersModel} from '@tensorflow/tfjs-layers';
import {hessian} from 'tfjs-hessian';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {aligned} from '../../examples/mnist/align.js';
import type {Examples} from '../../examples/mnist/data.js';
import type {ProfileRecord} from '../harness/record.js';
import {profileSample} from '../measures/kernels.js';
import {cnn} from '../subjects/cnn.js';

export interface PrintArgs {
  /** The model.json of a saved model; default: the demo's CNN. */
  readonly model?: string | undefined;
  /** The loss that it is trained with; default `categoricalCrossentropy`. */
  readonly loss?: string | undefined;
  /** Rows of noise that it is run on; default 64. */
  readonly batch?: string | undefined;
}

/** Prints the time of a model's sample, by kernel and by layer. */
export async function printProfile({
  model: path,
  loss = 'categoricalCrossentropy',
  batch = '64',
}: PrintArgs): Promise<void> {
  const {tf, engine} = await loadTensorFlow();
  let [model, data]: [LayersModel, Examples] = [cnn.build(tf), cnn.batch(tf)];
  if (path !== undefined) {
    model = await tf.loadLayersModel(path.includes('://') ? path : `file://${path}`);
    model.compile({optimizer: 'sgd', loss});
    const noise = (shape: readonly (number | null)[]) =>
      tf.randomUniform([Number(batch), ...shape.slice(1).map(n => n ?? 16)], 0, 1, 'float32', 1);
    const outputs = noise(model.outputs[0]!.shape);
    data = {x: noise(model.inputs[0]!.shape), y: tf.tidy(() => tf.softmax(outputs))};
  }
  // The gradient of the model's own loss, with which a linearization begins.
  const gradient = path === undefined ? undefined : async () => (await hessian(model, data)).dispose();
  const profiles = await profileSample({tf, model, batch: data, ...(gradient && {gradient: () => void gradient()})});
  console.log(`${engine.package}, batch ${data.x.shape[0]}`);
  for (const [name, profile] of Object.entries(profiles)) {
    if (path !== undefined && name === 'gradient') continue;
    console.log(`\n${name}: ${profile.milliseconds.toFixed(1)} ms\n${table(profile)}`);
  }
}

function table({milliseconds, byKernel, byLayer}: ProfileRecord): string {
  const inKernels = byKernel.reduce((sum, [, time]) => sum + time, 0);
  const row = (name: string, time: number, calls: number | null) => [
    name,
    time.toFixed(2),
    `${((100 * time) / milliseconds).toFixed(0)} %`,
    calls === null ? '' : String(Math.round(calls)),
  ];
  const kernels = byKernel.slice(0, 10).map(([name, time, calls]) => row(name, time, calls));
  const rest = byKernel.slice(10).reduce((sum, [, time]) => sum + time, 0);
  if (rest > 0) kernels.push(row('other kernels', rest, null));
  kernels.push(row('JavaScript', milliseconds - inKernels, null));
  const layers = byLayer.map(([name, time, calls]) => row(name ?? '(no layer)', time, calls));
  return aligned(['', 'ms', '', 'calls'], [...kernels, ['by layer'], ...layers]);
}
