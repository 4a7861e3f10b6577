import type {KernelSample, SampleInput} from './sample.js';
import {drawn, given, real, truths} from './sample.js';

/** Two operands of the same shape, and each of lower rank than the other. */
function broadcasting(a: (...shape: number[]) => SampleInput, b: (...shape: number[]) => SampleInput): KernelSample[] {
  return [
    {inputs: {a: a(2, 3), b: b(2, 3)}},
    {inputs: {a: a(2, 1, 3), b: b(4, 1)}},
    {inputs: {a: a(3), b: b(2, 3)}},
    {inputs: {a: a(2, 3), b: b()}},
  ];
}

const positive = (...shape: number[]) => drawn(0.6, 2, ...shape);
// Elements that are compared differ by at least one half.
const high = (...shape: number[]) => drawn(0.5, 1, ...shape);
const low = (...shape: number[]) => drawn(-1, 0, ...shape);

export const arithmeticSamples: Readonly<Record<string, readonly KernelSample[]>> = {
  Add: broadcasting(real, real),
  Sub: broadcasting(real, real),
  AddN: [{inputs: {0: real(2, 3), 1: real(2, 3), 2: real(2, 3)}}],
  Multiply: broadcasting(real, real),
  RealDiv: broadcasting(real, positive),
  SquaredDifference: broadcasting(real, real),
  Pow: [
    ...broadcasting(positive, real),
    {inputs: {a: positive(4), b: given([0, 1, 2, 3])}},
    {inputs: {a: given([-1.5, -0.5, 0.5, 2, 0, 0, -0.5]), b: given([2, 3, 2, -1, 2, 1, 0])}, fixed: ['b']},
  ],
  Atan2: broadcasting(positive, positive),
  Maximum: [...broadcasting(high, low), ...broadcasting(low, high)],
  Minimum: [...broadcasting(high, low), ...broadcasting(low, high)],
  // The quotient stays between 2 and 3.
  Mod: broadcasting(
    (...shape) => drawn(4.9, 5.1, ...shape),
    (...shape) => drawn(1.9, 2.1, ...shape),
  ),
  Select: [{inputs: {condition: truths([1, 0, 0, 1], [2, 2]), t: real(2, 2), e: real(2, 2)}}],
};
