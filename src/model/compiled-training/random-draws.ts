import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {watchMadeTensors} from '../../tfjs-internals/core/made-tensors.js';
import {holdTensor, intoScope} from '../../tfjs-internals/core/tensors.js';
import {replaceMathRandom} from '../../tfjs-internals/math-random.js';
import {undoAll} from '../../tfjs-internals/undo.js';

/**
 * The shapes of the random tensors that a step draws, in their order. All are uniform numbers between 0 and 1, from which
 * dropout makes its masks.
 */
export type Draws = readonly (readonly number[])[];

/** Uniform numbers, and the seed that TensorFlow.js took for them. */
export interface Drawn {
  readonly seed: number;
  readonly tensor: Tensor;
}

/** Draws new random tensors as TensorFlow.js does: each from a seed of `Math.random`. The caller owns them. */
export function draw(draws: Draws): Drawn[] {
  return draws.map(shape => {
    const seed = Math.random();
    return {seed, tensor: uniform(shape, seed)};
  });
}

function uniform(shape: readonly number[], seed: number): Tensor {
  return tf.randomUniform([...shape], 0, 1, 'float32', seed);
}

/** Runs a step, and finds out what it draws; `null` for draws of another kind. */
export function watchDraws<T>(step: () => T): {result: T; draws: Draws | null} {
  const {random} = Math;
  const draws: (readonly number[])[] = [];
  let isKnown = true;
  let seed: number | null = null;
  const restore = undoAll([
    replaceMathRandom(() => {
      if (seed !== null) isKnown = false;
      seed = random();
      return seed;
    }),
    watchMadeTensors((values, shape, dtype) => {
      if (seed === null) return null;
      const candidate = seed;
      seed = null;
      const isUniform = dtype === 'float32' && tf.tidy(() => tf.util.arraysEqual(valuesOf(shape, candidate), values));
      if (isUniform) draws.push(shape);
      else isKnown = false;
      return null;
    }),
  ]);
  try {
    const result = step();
    return {result, draws: isKnown && seed === null ? draws : null};
  } finally {
    restore();
  }
}

function valuesOf(shape: readonly number[], seed: number) {
  return uniform(shape, seed).dataSync<'float32'>();
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
