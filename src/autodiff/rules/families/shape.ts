import type {PadV2Attrs, ReverseAttrs, SliceAttrs, TileAttrs, TransposeAttrs} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Attributes} from '../../../tfjs-internals/core/engine.js';
import type {KernelRule, RuleFamily} from '../rule.js';
import {linear} from '../rule-constructors.js';
import type {VmapRule} from '../runner.js';
import {moreRows, shiftAxes, shiftAxis, shiftedAttributes} from '../vmap.js';

// Kernels that move, repeat or drop elements: linear, and the same for any leading axes.

type Shift<Attrs extends object = Attributes> = (attrs: Attrs, rank: number, k: number) => object;

function shifted<Attrs extends object>(kernel: string, shift: Shift<Attrs>): VmapRule<Attrs> {
  return shiftedAttributes(kernel, (attrs: Attrs, x, k) => shift(attrs, x.rank, k));
}

function moving<Attrs extends object>(
  kernel: string,
  inputs: 'all' | readonly string[],
  shift: Shift<Attrs>,
): KernelRule<Attrs> {
  return linear(inputs, {vmap: shifted(kernel, shift)});
}

const axisOf =
  (name: string): Shift =>
  (attrs, rank) => ({...attrs, [name]: shiftAxis(attrs[name], rank)});

type Padding = Pick<PadV2Attrs, 'paddings'>;

const withoutPaddedProbes: Shift<Padding> = attrs => ({...attrs, paddings: [[0, 0], ...attrs.paddings]});

const padsNoRows = ({paddings}: Padding): boolean => paddings[0]!.every(width => width === 0);

export const shapeRules: RuleFamily = {
  Identity: linear(['x'], {
    map:
      () =>
      ({x}) =>
        x!.clone(),
    vmap: inputs => [inputs.x!.clone()],
  }),
  // A cast to integers has no tangent; activity analysis sees that from the output's type.
  Cast: moving('Cast', ['x'], (attrs: object) => attrs),
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
  Transpose: moving('Transpose', ['x'], ({perm}: TransposeAttrs) => ({perm: [0, ...perm.map(axis => axis + 1)]})),
  Concat: moving('Concat', 'all', axisOf('axis')),
  Pack: moving('Pack', 'all', axisOf('axis')),
  Unpack: moving('Unpack', ['value'], axisOf('axis')),
  SplitV: moving('SplitV', ['x'], axisOf('axis')),
  Slice: moving('Slice', ['x'], (attrs: SliceAttrs, rank, k) => {
    const begin = [attrs.begin].flat();
    const size = [attrs.size ?? []].flat();
    const full = (list: number[], rest: number) => [...list, ...Array<number>(rank - 1 - list.length).fill(rest)];
    return {begin: [0, ...full(begin, 0)], size: [k, ...full(size, -1)]};
  }),
  StridedSlice: linear(['x']),
  Reverse: linear(['x'], {
    vmap: moreRows(
      'Reverse',
      ({dims}: ReverseAttrs, rank) => !shiftAxes(dims, rank + 1).includes(1),
      shifted('Reverse', ({dims}: ReverseAttrs, rank) => ({dims: shiftAxes(dims, rank)})),
    ),
  }),
  Tile: moving('Tile', ['x'], ({reps}: TileAttrs) => ({reps: [1, ...reps]})),
  PadV2: linear(['x'], {
    attrs: (attrs: PadV2Attrs) => ({...attrs, constantValue: 0}),
    vmap: moreRows('PadV2', padsNoRows, shifted('PadV2', withoutPaddedProbes)),
  }),
  MirrorPad: linear(['x'], {
    vmap: moreRows('MirrorPad', padsNoRows, shifted('MirrorPad', withoutPaddedProbes)),
  }),
  Cumsum: linear(['x'], {
    vmap: moreRows('Cumsum', ({axis}, rank) => shiftAxis(axis, rank + 1) !== 1, shifted('Cumsum', axisOf('axis'))),
  }),
  SpaceToBatchND: linear(['x']),
  BatchToSpaceND: linear(['x']),
  DepthToSpace: linear(['x']),
};
