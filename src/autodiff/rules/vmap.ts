import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {runKernel} from '../../kernels/run-kernel.js';
import type {Attributes} from '../../tfjs-internals/core/engine.js';
import type {VmapRule} from './runner.js';

/**
 * A vmap rule that merges the probe axis into another axis of the lifted input and splits it from an axis of the output.
 *
 * For the batch axis this only changes shapes; for channels or columns it costs a transpose before and after.
 */
export function fold<Attrs extends object = Attributes>(
  kernel: string,
  intoAxis: number,
  outOfAxis: number,
  adapt: (attrs: Attrs, k: number) => object = attrs => attrs,
): VmapRule<Attrs> {
  return (inputs, [lifted], attrs, k) => {
    const folded = mergeProbeAxis(inputs[lifted!]!, intoAxis);
    return runKernel(kernel, {...inputs, [lifted!]: folded}, adapt(attrs, k)).map(y =>
      takeOutProbeAxis(y, outOfAxis, k),
    );
  };
}

/** `[k, …, d, …]` to `[…, k·d, …]`. */
export function mergeProbeAxis(x: Tensor, axis: number): Tensor {
  const moved = axis === 0 ? x : tf.transpose(x, moveAxis(x.rank, 0, axis));
  const shape = moved.shape.slice();
  shape.splice(axis, 2, shape[axis]! * shape[axis + 1]!);
  return tf.reshape(moved, shape);
}

/** `[…, k·d, …]` to `[k, …, d, …]`. */
export function takeOutProbeAxis(y: Tensor, axis: number, k: number): Tensor {
  const shape = y.shape.slice();
  shape.splice(axis, 1, k, shape[axis]! / k);
  const split = tf.reshape(y, shape);
  return axis === 0 ? split : tf.transpose(split, moveAxis(split.rank, axis, 0));
}

/** Multiplies one axis of an attribute that is a shape by k. */
export const wider =
  (attribute: string, axis: number) =>
  (attrs: Attributes, k: number): Attributes => {
    const shape = [...(attrs[attribute] as number[])];
    shape[axis]! *= k;
    return {...attrs, [attribute]: shape};
  };

function moveAxis(rank: number, from: number, to: number): number[] {
  const order = Array.from({length: rank}, (_, i) => i);
  order.splice(to, 0, ...order.splice(from, 1));
  return order;
}

/**
 * A vmap rule for kernels that broadcast.
 *
 * Shapes are aligned at their ends, so a lifted input of lower rank gets axes of length 1 after its probe axis.
 */
export function broadcasting(kernel: string): VmapRule {
  return (inputs, lifted, attrs) => {
    const rank = Math.max(...Object.entries(inputs).map(([name, x]) => x.rank - (lifted.includes(name) ? 1 : 0)));
    const aligned = {...inputs};
    for (const name of lifted) {
      const x = inputs[name]!;
      const missing = rank - (x.rank - 1);
      if (missing > 0) {
        aligned[name] = tf.reshape(x, [x.shape[0]!, ...Array<number>(missing).fill(1), ...x.shape.slice(1)]);
      }
    }
    return runKernel(kernel, aligned, attrs);
  };
}

/** A vmap rule for kernels that accept any leading axes if their attributes are shifted by one axis. */
export function shiftedAttributes<Attrs extends object = Attributes>(
  kernel: string,
  shift: (attrs: Attrs, x: Tensor, k: number) => object,
): VmapRule<Attrs> {
  return (inputs, lifted, attrs, k) => {
    const full = liftAll(inputs, lifted, k);
    return runKernel(kernel, full, shift(attrs, Object.values(full)[0]!, k));
  };
}

/**
 * A vmap rule for kernels that, for some attributes, treat rows of the first axis alike: probes become more rows, since some
 * engines support few axes.
 */
export function moreRows<Attrs extends object = Attributes>(
  kernel: string,
  leavesRowsAlone: (attrs: Attrs, rank: number) => boolean,
  otherwise: VmapRule<Attrs>,
): VmapRule<Attrs> {
  const asRows = fold<Attrs>(kernel, 0, 0);
  return (inputs, lifted, attrs, k) => {
    const rank = inputs[lifted[0]!]!.rank - 1;
    return (leavesRowsAlone(attrs, rank) ? asRows : otherwise)(inputs, lifted, attrs, k);
  };
}

/** A vmap rule for elementwise kernels: they run on vectors, since some engines support few axes. */
export function elementByElement(kernel: string): VmapRule {
  return (inputs, lifted, attrs, k) => {
    const full = Object.entries(liftAll(inputs, lifted, k));
    const vectors = Object.fromEntries(full.map(([name, x]) => [name, tf.reshape(x, [-1])]));
    return runKernel(kernel, vectors, attrs).map(y => tf.reshape(y, full[0]![1].shape));
  };
}

/** Broadcasts the inputs without a probe axis to one. */
function liftAll(
  inputs: Readonly<Record<string, Tensor>>,
  lifted: readonly string[],
  k: number,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, x]) => [name, lifted.includes(name) ? x : tf.broadcastTo(x, [k, ...x.shape])]),
  );
}

/** An axis attribute, maybe negative, shifted by the probe axis. */
export function shiftAxis(axis: unknown, rankWithProbes: number): number {
  const rank = rankWithProbes - 1;
  const value = (axis as number | undefined) ?? 0;
  return (value < 0 ? value + rank : value) + 1;
}

/** A list of axes (missing: all of them), shifted by the probe axis. */
export function shiftAxes(axes: unknown, rankWithProbes: number): number[] {
  if (axes === undefined || axes === null) return Array.from({length: rankWithProbes - 1}, (_, i) => i + 1);
  return (Array.isArray(axes) ? (axes as number[]) : [axes]).map(axis => shiftAxis(axis, rankWithProbes));
}
