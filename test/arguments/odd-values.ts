import * as tf from '@tensorflow/tfjs-core';

/** Values of all types, which nearly every argument must refuse. */
export const oddValues = {
  null: null,
  undefined: undefined,
  true: true,
  NaN: Number.NaN as number,
  Infinity: Number.POSITIVE_INFINITY as number,
  '-Infinity': Number.NEGATIVE_INFINITY as number,
  '-1': -1 as number,
  '0': 0 as number,
  '0.5': 0.5 as number,
  '1e300': 1e300 as number,
  bigint: 3n,
  symbol: Symbol('odd'),
  "''": '' as string,
  "'odd'": 'odd' as string,
  "'3'": '3' as string,
  '{}': {},
  '{odd: 1}': {odd: 1},
  '[]': [] as never[],
  '[null]': [null],
  "['']": [''] as string[],
  '[NaN]': [Number.NaN] as number[],
  '() => 3': () => 3,
  'async () => {}': async () => {},
  class: class Odd {},
  Date: new Date(0),
  Map: new Map<string, number>(),
  Promise: Promise.resolve(3),
  Float32Array: new Float32Array(2),
  'disposed tensor': disposedTensor(),
};

function disposedTensor(): tf.Tensor1D {
  const tensor = tf.tensor1d([1]);
  tensor.dispose();
  return tensor;
}
