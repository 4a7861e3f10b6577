import type {KernelSample, SampleInput} from './sample.js';
import {apart, drawn, given, integers, real, truths} from './sample.js';

const of = (x: SampleInput, attrs?: KernelSample['attrs']): KernelSample[] => [{inputs: {x}, ...(attrs && {attrs})}];
const pair = (a: SampleInput, b: SampleInput): KernelSample[] => [{inputs: {a, b}}];

const smooth = {
  Neg: of(real(2, 3)),
  Exp: of(real(2, 3)),
  Expm1: of(real(2, 3)),
  Log: of(drawn(0.6, 2, 2, 3)),
  Log1p: of(drawn(-0.4, 2, 2, 3)),
  Reciprocal: of(drawn(0.6, 2, 2, 3)),
  Square: of(real(2, 3)),
  Sqrt: of(drawn(0.6, 2, 2, 3)),
  Rsqrt: of(drawn(0.6, 2, 2, 3)),
  Sin: of(real(2, 3)),
  Cos: of(real(2, 3)),
  Tan: of(drawn(-0.7, 0.7, 2, 3)),
  Asin: of(drawn(-0.5, 0.5, 2, 3)),
  Acos: of(drawn(-0.5, 0.5, 2, 3)),
  Atan: of(real(2, 3)),
  Sinh: of(real(2, 3)),
  Cosh: of(real(2, 3)),
  Asinh: of(real(2, 3)),
  Acosh: of(drawn(1.7, 3, 2, 3)),
  Atanh: of(drawn(-0.5, 0.5, 2, 3)),
  Tanh: of(real(2, 3)),
  Sigmoid: of(real(2, 3)),
  Softplus: of(real(2, 3)),
  Erf: of(real(2, 3)),
};

// Points on both sides of each kink, at a distance of at least 1/4.
const piecewise = {
  Relu: of(apart(0.5, 2, 3)),
  Relu6: of(apart(1.5, 12)),
  LeakyRelu: of(apart(0.5, 2, 3), {alpha: 0.3}),
  Abs: of(apart(0.5, 2, 3)),
  ClipByValue: of(apart(0.5, 8), {clipValueMin: -1, clipValueMax: 1}),
  Elu: of(apart(0.5, 2, 3)),
  Selu: of(apart(0.5, 2, 3)),
};

const halves = apart(1, 4);
const otherHalves = given([0, 1, -1, 2]);

const steps = {
  Step: of(apart(0.5, 4), {alpha: 0}),
  Sign: of(apart(0.5, 4)),
  Floor: of(apart(1, 4)),
  Ceil: of(apart(1, 4)),
  Round: of(given([-1.2, 0.2, 0.8, 2.3])),
  OnesLike: of(real(3)),
  ZerosLike: of(real(3)),
  IsNan: of(real(3)),
  IsFinite: of(real(3)),
  IsInf: of(real(3)),
  Equal: pair(halves, otherHalves),
  NotEqual: pair(halves, otherHalves),
  Greater: pair(halves, otherHalves),
  GreaterEqual: pair(halves, otherHalves),
  Less: pair(halves, otherHalves),
  LessEqual: pair(halves, otherHalves),
  FloorDiv: pair(given([5, -5, 3.2]), given([2, 2, -1.5])),
  LogicalAnd: pair(truths([1, 0, 1]), truths([1, 1, 0])),
  LogicalOr: pair(truths([1, 0, 1]), truths([1, 1, 0])),
  LogicalNot: of(truths([1, 0])),
  Any: of(truths([1, 0, 0, 0], [2, 2]), {axis: 1, keepDims: false}),
  All: of(truths([1, 0, 1, 1], [2, 2]), {axis: 1, keepDims: false}),
  ArgMax: of(apart(0.5, 2, 3), {axis: 1}),
  ArgMin: of(apart(0.5, 2, 3), {axis: 1}),
  OneHot: [{inputs: {indices: integers([0, 2])}, attrs: {depth: 3, onValue: 1, offValue: 0, dtype: 'float32'}}],
};

export const elementwiseSamples: Readonly<Record<string, readonly KernelSample[]>> = {
  ...smooth,
  ...piecewise,
  ...steps,
};
