// Every tensor that a public function takes is replaced in turn: by one that is disposed of, and by others of the same values in another type or shape.
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, expect, it, vi} from 'vitest';
import {TfjsHessianError} from '../../src/errors.js';
import {useEngine} from '../engines.js';
import type {Fixture, Fixtures} from './fixtures.js';
import {makeFixtures} from './fixtures.js';

/** What takes the place of a tensor. */
const others: Readonly<Record<string, (tensor: tf.Tensor) => tf.Tensor>> = {
  disposed: tensor => {
    const copy = tf.clone(tensor);
    copy.dispose();
    return copy;
  },
  int32: tensor => tf.cast(tensor, 'int32'),
  bool: tensor => tf.cast(tensor, 'bool'),
  complex64: tensor => tf.complex(tensor, tf.zerosLike(tensor)),
  string: tensor => tf.fill(tensor.shape, 'odd', 'string'),
  'of one more dimension': tensor => tf.expandDims(tensor, -1),
  'a scalar': () => tf.scalar(1),
  empty: tensor => tf.zeros([0, ...tensor.shape.slice(1)]),
};

let fixtures: Fixtures;

beforeAll(async () => {
  await useEngine('cpu');
  fixtures = await makeFixtures();
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

afterAll(() => {
  vi.restoreAllMocks();
  fixtures.dispose();
});

/** Copies of an argument in which one tensor is another one. */
function* replaced(value: unknown, make: (tensor: tf.Tensor) => tf.Tensor, at: string): Generator<[string, unknown]> {
  if (value instanceof tf.Tensor) yield [at, make(value)];
  else if (Array.isArray(value)) {
    for (const [i, each] of value.entries()) {
      for (const [where, other] of replaced(each, make, `${at}[${i}]`)) yield [where, value.with(i, other)];
    }
  } else if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    for (const [key, each] of Object.entries(value)) {
      for (const [where, other] of replaced(each, make, `${at}.${key}`)) yield [where, {...value, [key]: other}];
    }
  }
}

async function errorOf({call, undo}: Fixture, args: readonly unknown[]): Promise<Error | null> {
  try {
    const result = await call(...(args as never[]));
    await undo?.(result as never);
    return null;
  } catch (error) {
    return error as Error;
  }
}

it('a tensor of another kind is accepted, or refused with an error of this package', async () => {
  const wrong: string[] = [];
  let count = 0;
  for (const [name, fixture] of Object.entries(fixtures.of)) {
    if (fixture.mustNotRun) continue;
    for (const [position, arg] of fixture.args.entries()) {
      for (const [kind, make] of Object.entries(others)) {
        for (const [where, other] of replaced(arg, make, `${name}(${position})`)) {
          const args = fixture.args.map((each, i) => (i === position ? other : each));
          const error = await errorOf(fixture, args);
          count++;
          const isRefused = error instanceof TfjsHessianError;
          if (isRefused || (error === null && kind !== 'disposed')) continue;
          wrong.push(`${where} = ${kind}: ${error?.stack ?? 'went well'}`);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(100);
});
