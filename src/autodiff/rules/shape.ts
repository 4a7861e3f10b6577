import * as tf from '@tensorflow/tfjs-core';
import type {Attributes} from '../engine-access.js';
import type {KernelRule, RuleFamily} from '../rule.js';
import {linear} from '../rule-constructors.js';
import {moreRows, shiftAxes, shiftAxis, shiftedAttributes} from '../vmap.js';

// Kernels that move, repeat or leave out elements: linear, and the same for any leading axis.

type Shift = (attrs: Attributes, rank: number, k: number) => Attributes;

const shifted = (kernel: string, shift: Shift) => shiftedAttributes(kernel, (attrs, x, k) => shift(attrs, x.rank, k));

function moving(kernel: string, inputs: 'all' | readonly string[], shift: Shift): KernelRule {
  return linear(inputs, {vmap: shifted(kernel, shift)});
}

const axisOf =
  (name: string): Shift =>
  (attrs, rank) => ({...attrs, [name]: shiftAxis(attrs[name], rank)});

/** A leading pair of no padding. */
const pairsOf =
  (name: string): Shift =>
  attrs => ({...attrs, [name]: [[0, 0], ...(attrs[name] as [number, number][])]});

const padsNoRows =
  (name: string) =>
  (attrs: Attributes): boolean =>
    (attrs[name] as [number, number][])[0]!.every(width => width === 0);

export const shapeRules: RuleFamily = {
  Identity: linear(['x'], {
    map:
      () =>
      ({x}) =>
        x!.clone(),
    vmap: inputs => [inputs.x!.clone()],
  }),
  // A float that becomes an integer has no tangent; that is seen from the output's type.
  Cast: moving('Cast', ['x'], attrs => attrs),
  Reshape: linear(['x'], {
    map:
      call =>
      ({x}, runner) =>
        tf.util.arraysEqual(call.shape('x') as number[], call.outputShape() as number[])
          ? x!.clone()
          : tf.reshape(x!, runner.shape(call.outputShape())),
  }),
  ExpandDims: linear(['input'], {
    map:
      call =>
      ({input}, runner) =>
        tf.reshape(input!, runner.shape(call.outputShape())),
  }),
  Transpose: moving('Transpose', ['x'], attrs => ({perm: [0, ...(attrs.perm as number[]).map(axis => axis + 1)]})),
  Concat: moving('Concat', 'all', axisOf('axis')),
  Pack: moving('Pack', 'all', axisOf('axis')),
  Unpack: moving('Unpack', ['value'], axisOf('axis')),
  SplitV: moving('SplitV', ['x'], axisOf('axis')),
  Slice: moving('Slice', ['x'], (attrs, rank, k) => {
    const begin = [attrs.begin as number | number[]].flat();
    const size = attrs.size === undefined || attrs.size === null ? [] : [attrs.size as number | number[]].flat();
    const full = (list: number[], rest: number) => [...list, ...Array<number>(rank - 1 - list.length).fill(rest)];
    return {begin: [0, ...full(begin, 0)], size: [k, ...full(size, -1)]};
  }),
  StridedSlice: linear(['x']),
  Reverse: linear(['x'], {
    vmap: moreRows(
      'Reverse',
      ({dims}, rank) => !shiftAxes(dims, rank + 1).includes(1),
      shifted('Reverse', (attrs, rank) => ({dims: shiftAxes(attrs.dims, rank)})),
    ),
  }),
  Tile: moving('Tile', ['x'], attrs => ({reps: [1, ...(attrs.reps as number[])]})),
  PadV2: linear(['x'], {
    attrs: attrs => ({...attrs, constantValue: 0}),
    vmap: moreRows('PadV2', padsNoRows('paddings'), shifted('PadV2', pairsOf('paddings'))),
  }),
  MirrorPad: linear(['x'], {
    vmap: moreRows('MirrorPad', padsNoRows('paddings'), shifted('MirrorPad', pairsOf('paddings'))),
  }),
  Cumsum: linear(['x'], {
    vmap: moreRows('Cumsum', ({axis}, rank) => shiftAxis(axis, rank + 1) !== 1, shifted('Cumsum', axisOf('axis'))),
  }),
  SpaceToBatchND: linear(['x']),
  BatchToSpaceND: linear(['x']),
  DepthToSpace: linear(['x']),
};
