import type {Tensor, TypedArray} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {watchMadeTensors} from '../../tfjs-internals/core/made-tensors.js';
import {holdTensor, intoScope} from '../../tfjs-internals/core/tensors.js';
import {innerLayers, type Layer, wrappedLayers} from '../../tfjs-internals/layers/layer.js';
import {replaceMathRandom} from '../../tfjs-internals/math-random.js';
import {undoAll} from '../../tfjs-internals/undo.js';
import type {StepContext} from './step-context.js';

/** Random numbers of one kind: uniform between 0 and 1, or normal. */
export type Noise = 'uniform' | {readonly mean: number; readonly standardDeviation: number};

/** The kinds and shapes of the random tensors that a step draws, in their order. */
export type Draws = readonly {readonly noise: Noise; readonly shape: readonly number[]}[];

/** Random numbers, and the seed that TensorFlow.js took for them. */
export interface Drawn {
  readonly seed: number;
  readonly tensor: Tensor;
}

/** The kinds of random numbers that the layers of TensorFlow.js draw: dropout uniform ones, noise layers their own. */
export function noiseOf(layers: readonly Layer[]): Noise[] {
  return ['uniform', ...layers.flatMap(ownNoise)];
}

function ownNoise(layer: Layer): Noise[] {
  const inner = (innerLayers(layer) ?? wrappedLayers(layer)).flatMap(ownNoise);
  const {stddev, rate} = layer.getConfig() as {readonly stddev: number; readonly rate: number};
  switch (layer.getClassName()) {
    case 'GaussianNoise':
      return [{mean: 0, standardDeviation: stddev}, ...inner];
    case 'GaussianDropout':
      return [{mean: 1, standardDeviation: Math.sqrt(rate / (1 - rate))}, ...inner];
    default:
      return inner;
  }
}

/** Draws new random tensors as TensorFlow.js does: each from a seed of `Math.random`. The caller owns them. */
export function draw(draws: Draws): Drawn[] {
  return draws.map(({noise, shape}) => {
    const seed = Math.random();
    return {seed, tensor: tensorOf(noise, shape, seed)};
  });
}

function tensorOf(noise: Noise, shape: readonly number[], seed: number): Tensor {
  return noise === 'uniform'
    ? tf.randomUniform([...shape], 0, 1, 'float32', seed)
    : tf.randomNormal([...shape], noise.mean, noise.standardDeviation, 'float32', seed);
}

/**
 * Runs a step, and finds out what it draws; `null` for draws of another kind.
 *
 * @param kinds the kinds of random numbers that it may draw.
 */
export function watchDraws<T>(kinds: readonly Noise[], step: () => T): {result: T; draws: Draws | null} {
  const draws: Draws[number][] = [];
  let isKnown = true;
  const watch = watchNoise(kinds, {
    onTensor: (noise, shape) => {
      if (noise === undefined) isKnown = false;
      else draws.push({noise, shape});
      return null;
    },
    onUnused: () => {
      isKnown = false;
    },
  });
  try {
    const result = step();
    return {result, draws: isKnown && !watch.isWaiting() ? draws : null};
  } finally {
    watch.stop();
  }
}

/** What is done with what a step draws. */
interface NoiseWatcher {
  /**
   * A tensor was made after a seed was drawn: of a kind of noise, or `undefined` of none that is known.
   *
   * @returns the tensor that the step gets in its place; `null` for its own.
   */
  onTensor(noise: Noise | undefined, shape: readonly number[], seed: number): Tensor | null;
  /** A seed was drawn, and no tensor since the one before. */
  onUnused?(): void;
}

/** Shows what is drawn until `stop`. `isWaiting`: whether the newest seed has no tensor yet. */
function watchNoise(kinds: readonly Noise[], {onTensor, onUnused}: NoiseWatcher) {
  const {random} = Math;
  let seed: number | null = null;
  const stop = undoAll([
    replaceMathRandom(() => {
      if (seed !== null) onUnused?.();
      seed = random();
      return seed;
    }),
    watchMadeTensors((values, shape, dtype) => {
      if (seed === null) return null;
      const candidate = seed;
      seed = null;
      const noise = dtype === 'float32' ? kinds.find(kind => hasValues(kind, shape, candidate, values)) : undefined;
      return onTensor(noise, shape, candidate);
    }),
  ]);
  return {stop, isWaiting: () => seed !== null};
}

function hasValues(noise: Noise, shape: readonly number[], seed: number, values: TypedArray): boolean {
  const drawn = tf.tidy(() => tensorOf(noise, shape, seed).dataSync());
  return tf.util.arraysEqual(drawn, values);
}

/**
 * Runs a step with drawn tensors in place of those that it draws.
 *
 * @returns `isComplete`: whether the step drew exactly these.
 */
export function withDrawn<T>(drawn: readonly Drawn[], step: () => T): {result: T; isComplete: boolean} {
  let next = 0;
  let isExpected = true;
  let awaited: Drawn | null = null;
  const restore = undoAll([
    replaceMathRandom(() => {
      awaited = drawn[next++] ?? null;
      if (awaited === null) isExpected = false;
      return awaited?.seed ?? 0.5;
    }),
    watchMadeTensors((_, shape) => {
      const here = awaited;
      awaited = null;
      if (here === null) return null;
      if (!tf.util.arraysEqual([...shape], here.tensor.shape)) isExpected = false;
      return intoScope(holdTensor(here.tensor));
    }),
  ]);
  try {
    const result = step();
    return {result, isComplete: isExpected && next === drawn.length};
  } finally {
    restore();
  }
}

/**
 * Runs a part of a training step that draws its random numbers from seeds of its own. The step that is compiled of it gets new
 * ones in each step.
 *
 * @param seeds makes the seeds of a step, as `Math.random` gives them inside `body`.
 */
export function withFreshDraws<T>(
  kinds: readonly Noise[],
  {fresh, refuse}: StepContext,
  seeds: () => number,
  body: () => T,
): T {
  const {stop} = watchNoise(kinds, {
    onTensor: (noise, shape, seed) => {
      if (noise === undefined) {
        refuse('it draws random numbers of another kind than the layers of TensorFlow.js do');
        return null;
      }
      let first: number | null = seed;
      return fresh(() => {
        const own = first ?? seeds();
        first = null;
        return tensorOf(noise, shape, own);
      });
    },
  });
  try {
    return body();
  } finally {
    stop();
  }
}
