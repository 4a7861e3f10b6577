// Small trainings, healthy or with one fault.
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type {AdviceContext} from '../../src/advice/history.js';
import type {HessianSpectrumCallbackArgs} from '../../src/callbacks/callback-args.js';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import type {HessianSample} from '../../src/streams/hessian-sample.js';

export interface Training {
  readonly optimizer?: () => tf.Optimizer;
  readonly activation?: 'tanh' | 'relu' | 'sigmoid';
  readonly units?: readonly number[];
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly seed?: number;
  /** The factor of the inputs. */
  readonly scale?: number;
  /** Turns the labels, which are 0, 1 and 2. */
  readonly relabel?: (label: number, i: number) => number;
  readonly prepare?: (model: tfl.LayersModel) => void;
  /** The strength of a penalty on all layers. */
  readonly strength?: number;
  readonly callback?: HessianSpectrumCallbackArgs;
  readonly rows?: number;
  readonly regression?: boolean;
  readonly validation?: boolean;
}

/** Trains on points around three centers, and gives what `advise` takes. */
export async function train({
  optimizer = () => tf.train.sgd(0.2),
  activation = 'tanh',
  units = [8, 6],
  epochs = 12,
  batchSize = 30,
  seed = 1,
  scale = 1,
  relabel = label => label,
  prepare = () => {},
  strength,
  callback = {},
  rows = 60,
  regression = false,
  validation = false,
}: Training): Promise<{samples: HessianSample[]; context: AdviceContext}> {
  const model = tfl.sequential();
  units.forEach((count, i) => {
    const kernelInitializer = tfl.initializers.glorotUniform({seed: seed + i});
    const input = i === 0 ? {inputShape: [4]} : {};
    model.add(tfl.layers.dense({units: count, activation, name: `hidden_${i + 1}`, kernelInitializer, ...input}));
  });
  const kernelInitializer = tfl.initializers.glorotUniform({seed: seed + 9});
  model.add(
    tfl.layers.dense({
      ...(regression ? {units: 1} : {units: 3, activation: 'softmax'}),
      name: 'out',
      kernelInitializer,
    }),
  );
  const loss = regression ? 'meanSquaredError' : 'sparseCategoricalCrossentropy';
  model.compile({optimizer: optimizer(), loss});
  prepare(model);
  const [x, y] = points(rows, seed, scale, relabel);
  const [vx, vy] = points(rows, seed + 50, scale, label => label);
  const attached = strength === undefined ? null : attachRegularizer(model, new HessianTraceRegularizer({strength}));
  const curvature = new HessianSpectrumCallback({batch: {x, y}, steps: 10, traceProbes: 8, ...callback});
  const samples: HessianSample[] = [];
  let failures = 0;
  curvature.samples$.subscribe(sample => samples.push(sample));
  curvature.failures$.subscribe(() => failures++);
  const {history} = await model.fit(x, y, {
    ...{epochs, batchSize, verbose: 0, shuffle: false, callbacks: [curvature]},
    ...(validation && {validationData: [vx, vy] as [tf.Tensor, tf.Tensor]}),
  });
  curvature.dispose();
  attached?.detach();
  model.dispose();
  tf.dispose([x, y, vx, vy]);
  const validationLoss = history.val_loss as number[] | undefined;
  const context = {
    failures,
    penalized: strength !== undefined,
    ...(!regression && {classes: 3}),
    ...(validationLoss && {validationLoss}),
  };
  return {samples, context};
}

function points(rows: number, seed: number, scale: number, relabel: NonNullable<Training['relabel']>) {
  const noise = tf.tidy(() => Array.from(tf.randomNormal([rows, 4], 0, 0.5, 'float32', seed).dataSync()));
  const centers = [
    [1, 0, 0.5, -1],
    [-1, 1, 0, 0.5],
    [0, -1, -0.5, 1],
  ];
  const x = Array.from({length: rows}, (_, i) => centers[i % 3]!.map((c, j) => scale * (c + noise[4 * i + j]!)));
  const y = Array.from({length: rows}, (_, i) => [relabel(i % 3, i)]);
  return [tf.tensor2d(x), tf.tensor2d(y)] as const;
}

/** Sets the weights of a layer to a function of each. */
export function setLayer(model: tfl.LayersModel, name: string, value: (old: number, part: number) => number): void {
  const layer = model.getLayer(name);
  const changed = layer.getWeights().map((weight, part) =>
    tf.tensor(
      weight.dataSync().map(old => value(old, part)),
      weight.shape,
    ),
  );
  layer.setWeights(changed);
  tf.dispose(changed);
}
