import type * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, ModelFitArgs} from '@tensorflow/tfjs-layers';
import {compileTraining, explainCompiledSteps} from '../../../src/model/compiled-training/compile-training.js';
import {onWarning} from '../../../src/warnings.js';

/** What a training leaves behind. */
export interface Trained {
  readonly weights: readonly Float32Array[];
  readonly history: Readonly<Record<string, readonly number[]>>;
  /** The messages of all warnings. */
  readonly warnings: readonly string[];
  /** The number of steps that were compiled. */
  readonly compiledSteps: number;
}

/** Trains the same model by compiled steps and by plain ones. Both draw the same seeds from `Math.random`. */
export async function trainBothWays(
  build: () => LayersModel | Promise<LayersModel>,
  train: (model: LayersModel) => Promise<Trained['history'] | undefined>,
): Promise<{compiled: Trained; plain: Trained}> {
  const one = async (isCompiled: boolean): Promise<Trained> => {
    const stopSeeding = seedMathRandom();
    const model = await build();
    const warnings: string[] = [];
    const stopWarnings = onWarning(({message}) => warnings.push(message));
    const undo = isCompiled ? compileTraining(model) : () => {};
    try {
      const history = (await train(model)) ?? {};
      const weights = model.getWeights().map(weight => weight.dataSync<'float32'>().slice());
      return {weights, history, warnings, compiledSteps: isCompiled ? explainCompiledSteps(model).length : 0};
    } finally {
      undo();
      stopSeeding();
      stopWarnings();
      model.dispose();
    }
  };
  return {compiled: await one(true), plain: await one(false)};
}

/** Fits a model on the same data in each epoch. */
export async function fitTheSame(
  model: LayersModel,
  x: Data,
  y: Data,
  args: ModelFitArgs = {},
): Promise<Trained['history']> {
  const {history} = await model.fit(x, y, {epochs: 50, shuffle: false, verbose: 0, ...args});
  return history as Trained['history'];
}

type Data = tf.Tensor | tf.Tensor[];

/** ‖a − b‖ / ‖b‖ over all weights. */
export function distance({weights}: Pick<Trained, 'weights'>, {weights: others}: Pick<Trained, 'weights'>): number {
  const [u, v] = [weights, others].map(arrays => arrays.flatMap(array => [...array])) as [number[], number[]];
  if (u.length !== v.length) return Number.NaN;
  return Math.hypot(...u.map((x, i) => x - v[i]!)) / Math.hypot(...v);
}

/** The largest relative difference between the numbers of two histories; `NaN` where they have other names. */
export function historyDistance(a: Trained, b: Trained): number {
  const names = Object.keys(b.history);
  if (names.join() !== Object.keys(a.history).join()) return Number.NaN;
  const differences = names.flatMap(name =>
    b.history[name]!.map((value, epoch) => Math.abs(a.history[name]![epoch]! - value) / Math.max(1, Math.abs(value))),
  );
  return Math.max(0, ...differences);
}

/** Draws from a sequence that is the same each time. */
export function seedMathRandom(): () => void {
  const {random} = Math;
  let state = 1;
  Math.random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  return () => {
    Math.random = random;
  };
}
