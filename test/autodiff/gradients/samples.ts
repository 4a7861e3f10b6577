import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'vitest';
import {withRightGradients} from '../../../src/autodiff/gradients/right-gradients.js';
import {directionOf} from '../rules/samples/sample.js';

/** A linear or piecewise linear function of one tensor whose gradient some engine of TensorFlow.js computes wrongly. */
export interface CorrectedSample {
  readonly name: string;
  readonly shape: readonly number[];
  readonly f: (x: Tensor) => Tensor;
  /** Engines that do not run it. */
  readonly except?: readonly string[];
}

type Sizes = number | readonly number[];

const planar: [Sizes, Sizes][] = [
  [2, 2],
  [3, 1],
  [3, 2],
  [2, 3],
  [2, 1],
  [[1, 3], [1, 2]], // biome-ignore format: pairs
  [[3, 2], [2, 1]], // biome-ignore format: pairs
  [[2, 3], [2, 3]], // biome-ignore format: pairs
];
const deep: [Sizes, Sizes][] = [
  [2, 2],
  [3, 1],
  [3, 2],
  [[1, 2, 3], 1],
  [[1, 3, 2], [1, 3, 2]], // biome-ignore format: pairs
  [[2, 2, 1], [2, 2, 1]], // biome-ignore format: pairs
  [[2, 1, 2], 1],
];

const pads = ['valid', 'same'] as const;

const pools = Object.entries({maxPool: tf.maxPool, avgPool: tf.avgPool}).flatMap(([name, op]) =>
  planar.flatMap(([size, strides]): CorrectedSample[] => [
    ...pads.map(pad => ({
      name: `${name} of ${JSON.stringify(size)} every ${JSON.stringify(strides)}, ${pad}`,
      shape: [2, 5, 4, 2],
      f: (x: Tensor) => op(x as tf.Tensor4D, size as number, strides as number, pad),
    })),
    ...(size === 3
      ? [
          {
            name: `${name} of 3 every ${JSON.stringify(strides)}, padded by 1`,
            shape: [2, 5, 3, 2],
            f: (x: Tensor) => op(x as tf.Tensor4D, 3, strides as number, 1, 'floor'),
            except: ['native'],
          },
        ]
      : []),
  ]),
);

const deepPools = Object.entries({maxPool3d: tf.maxPool3d, avgPool3d: tf.avgPool3d}).flatMap(([name, op]) =>
  deep.flatMap(([size, strides]): CorrectedSample[] =>
    pads.map(pad => ({
      name: `${name} of ${JSON.stringify(size)} every ${JSON.stringify(strides)}, ${pad}`,
      shape: [2, 4, 3, 4, 2],
      f: (x: Tensor) => op(x as tf.Tensor5D, size as number, strides as number, pad),
    })),
  ),
);

const resized = Object.entries({
  resizeBilinear: tf.image.resizeBilinear,
  resizeNearestNeighbor: tf.image.resizeNearestNeighbor,
}).flatMap(([name, op]) =>
  [
    [5, 7],
    [6, 8],
    [2, 2],
    [1, 1],
  ].flatMap(([rows, columns]) =>
    (['corners', 'half pixels', 'neither'] as const).map(
      (how): CorrectedSample => ({
        name: `${name} to ${rows} × ${columns}, ${how}`,
        shape: [2, 3, 4, 2],
        f: (x: Tensor) => op(x as tf.Tensor4D, [rows!, columns!], how === 'corners', how === 'half pixels'),
      }),
    ),
  ),
);

const filter = (...shape: number[]) =>
  tf.tensor(
    Array.from({length: tf.util.sizeFromShape(shape)}, (_, i) => Math.sin(3 * i + 1)),
    shape,
  );

const volumes = (
  [
    [[2, 2, 2], [1, 1, 1]],
    [[3, 2, 1], [1, 2, 1]],
    [[1, 2, 3], [2, 1, 2]],
  ] as [number[], [number, number, number]][] // biome-ignore format: pairs
)
  .flatMap(([window, strides]) =>
    pads.flatMap((pad): CorrectedSample[] => [
      {
        name: `conv3d of ${window.join(' × ')} every ${strides.join(' × ')}, ${pad}, in its input`,
        shape: [2, 4, 3, 5, 2],
        f: x => tf.conv3d(x as tf.Tensor5D, filter(...window, 2, 3) as tf.Tensor5D, strides, pad),
      },
      {
        name: `conv3d of ${window.join(' × ')} every ${strides.join(' × ')}, ${pad}, in its filter`,
        shape: [...window, 2, 3],
        f: x => tf.conv3d(filter(2, 4, 3, 5, 2) as tf.Tensor5D, x as tf.Tensor5D, strides, pad),
      },
    ]),
  );

const others: CorrectedSample[] = [
  ...[0, 1, 2].flatMap(axis =>
    [false, true].flatMap(exclusive =>
      [false, true].map(
        (reverse): CorrectedSample => ({
          name: `cumsum along axis ${axis}${exclusive ? ', exclusive' : ''}${reverse ? ', reversed' : ''}`,
          shape: [3, 3, 3],
          f: x => tf.cumsum(x, axis, exclusive, reverse),
        }),
      ),
    ),
  ),
  {name: 'cumsum of nine', shape: [2, 9], f: x => tf.cumsum(x, 1)},
  ...(['reflect', 'symmetric'] as const).map(
    (mode): CorrectedSample => ({
      name: `mirrorPad, ${mode}`,
      shape: [3, 4, 2],
      f: x => tf.mirrorPad(x, [[1, 2], [2, 0], [0, 0]], mode), // biome-ignore format: pairs
    }),
  ),
  {name: 'floorDiv', shape: [3, 4], f: x => tf.floorDiv(tf.add(x, 11), 7)},
  {name: 'max', shape: [3, 4, 2], f: x => tf.max(x, 1)},
  {name: 'max of all', shape: [3, 4], f: x => tf.max(x)},
  {name: 'min', shape: [3, 4, 2], f: x => tf.min(x, [0, 2], true)},
];

export const correctedSamples: readonly CorrectedSample[] = [...pools, ...deepPools, ...resized, ...volumes, ...others];

export const isRunBy = ({except = []}: CorrectedSample, engine: string): boolean => !except.includes(engine);

/** Elements of a sample differ by one half or more, so steps of this size change no order. */
const REACH = 1 / 5;

/** Expects the corrected gradient to agree with finite differences. */
export async function expectRightGradient({name, shape, f}: CorrectedSample): Promise<void> {
  const size = tf.util.sizeFromShape([...shape]);
  // Positive and negative values.
  const values = Array.from({length: size}, (_, i) => (((i * 37) % size) - size / 2 + 0.25) / 2);
  const x = tf.tensor(values, [...shape]);
  const y = f(x);
  const weights = directionOf(y, name, 'weights');
  const form = (at: Tensor) => tf.sum(tf.mul(f(at), weights)) as tf.Scalar;
  const read = async (scalar: Tensor) => (await scalar.data())[0]!;
  const gradient = withRightGradients(() => tf.grad(form)(x));
  expect(gradient.shape).toEqual(x.shape);
  // The steps reach no kink, so the only error is the rounding of the sums.
  const rounding = (2 ** -22 * (await read(tf.sum(tf.abs(tf.mul(y, weights)))))) / REACH;
  for (const i of [1, 2, 3]) {
    const v = directionOf(x, name, i);
    const [ahead, behind] = [
      await read(form(tf.add(x, tf.mul(v, REACH)))),
      await read(form(tf.sub(x, tf.mul(v, REACH)))),
    ];
    const slope = await read(tf.sum(tf.mul(gradient, v)));
    expect(Math.abs(slope - (ahead - behind) / (2 * REACH))).toBeLessThan(1e-5 + rounding);
  }
}
