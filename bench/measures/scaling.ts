import type {Rank} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {hessian} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {Examples} from '../../examples/mnist/data.js';
import {paired, timed} from '../harness/paired.js';
import type {ScalingAxis, ScalingPoint, ScalingRecord} from '../harness/record.js';
import {slope} from '../harness/summary.js';
import {compiled, gradientOf, seeds} from '../subjects/subject.js';

interface Shape {
  readonly depth: number;
  readonly width: number;
  readonly batch: number;
  readonly probes: number;
}

interface Axis {
  readonly network: string;
  readonly values: readonly number[];
  readonly fewer: readonly number[];
  /** The values of the other axes. */
  readonly rest: Shape;
}

const axes: Record<ScalingAxis, Axis> = {
  depth: {
    network: 'dense layers of 256, batch 128',
    values: [2, 4, 8, 16, 32],
    fewer: [2, 8, 32],
    rest: {depth: 2, width: 256, batch: 128, probes: 1},
  },
  width: {
    network: '4 dense layers, batch 128',
    values: [64, 128, 256, 512, 1024],
    fewer: [64, 256, 1024],
    rest: {depth: 4, width: 64, batch: 128, probes: 1},
  },
  batch: {
    network: '4 dense layers of 256',
    values: [32, 128, 512, 2048],
    fewer: [32, 256, 2048],
    rest: {depth: 4, width: 256, batch: 32, probes: 1},
  },
  probes: {
    network: '4 dense layers of 256, batch 128',
    values: [1, 2, 4, 8, 16],
    fewer: [1, 4, 16],
    rest: {depth: 4, width: 256, batch: 128, probes: 1},
  },
};

export interface ScalingArgs {
  readonly tf: TensorFlow;
  readonly quick: boolean;
  /** Milliseconds a point. */
  readonly budget: number;
}

/** Measures how gradient, linearization and products grow with one size of a chain of dense layers. */
export async function measureScaling(axis: ScalingAxis, {tf, quick, budget}: ScalingArgs): Promise<ScalingRecord> {
  const {network, values, fewer, rest} = axes[axis];
  const points: ScalingPoint[] = [];
  for (const x of quick ? fewer : values) points.push({x, times: await measure(tf, {...rest, [axis]: x}, budget)});
  const names = Object.keys(points[0]!.times);
  const slopes = names.map(name => [name, slope(points.map(({x, times}) => [x, times[name]!.median]))] as const);
  return {network, points, slopes: Object.fromEntries(slopes)};
}

async function measure(tf: TensorFlow, shape: Shape, budget: number): Promise<ScalingPoint['times']> {
  const model = chain(tf, shape);
  const batch = noise(tf, shape);
  const H = await hessian(model, batch);
  const V = tf.randomNormal<Rank.R2>([H.size, shape.probes], 0, 1, 'float32', 3);
  const v = tf.randomNormal<Rank.R1>([H.size], 0, 1, 'float32', 3);
  const product = () => tf.tidy(() => void (shape.probes === 1 ? H.matvec(v) : H.matmat(V)).dataSync());
  const {times} = await paired(
    timed(gradientOf(tf, model, batch)),
    {product: timed(product), linearization: timed(async () => (await hessian(model, batch)).dispose())},
    {budget, atMost: 15},
  );
  H.dispose();
  tf.dispose([v, V, batch.x, batch.y]);
  model.dispose();
  const {baseline, ...others} = times;
  return {gradient: baseline!, ...others};
}

function chain(tf: TensorFlow, {depth, width}: Shape): LayersModel {
  const seeded = seeds(tf);
  const hidden = Array.from({length: depth}, (_, i) =>
    tf.layers.dense({...seeded(), units: width, activation: 'relu', ...(i === 0 && {inputShape: [width]})}),
  );
  return compiled(
    tf,
    tf.sequential({layers: [...hidden, tf.layers.dense({...seeded(), units: 10, activation: 'softmax'})]}),
  );
}

function noise(tf: TensorFlow, {width, batch}: Shape): Examples {
  const labels = tf.tidy(() => tf.range(0, batch, 1, 'int32').mod(tf.scalar(10, 'int32')).toInt());
  return {
    x: tf.randomNormal([batch, width], 0, 1, 'float32', 1),
    y: tf.tidy(() => tf.oneHot(labels, 10).toFloat()),
  };
}
