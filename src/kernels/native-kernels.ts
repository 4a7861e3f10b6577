import type {KernelConfig, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {addKernel} from '../tfjs-internals/core/registries.js';
import type {NativeBackend} from '../tfjs-internals/node/backend.js';
import {asNativeBackend} from '../tfjs-internals/node/backend.js';

const MATRIX_PRODUCT = 'TfjsHessianMatMul';

/**
 * Runs a faster equivalent of a kernel. Do not use it on the tape: it has no gradient.
 *
 * TensorFlow's `MatMul` takes a third to two thirds of the time of its `BatchMatMul`, which TensorFlow.js also runs for a
 * single pair of matrices.
 *
 * @returns `null` if the current engine has nothing faster.
 */
export function runFaster(
  kernel: string,
  {a, b}: Readonly<Record<string, Tensor>>,
  attrs: Readonly<Record<string, unknown>>,
): Tensor | null {
  if (kernel !== 'BatchMatMul' || tf.getBackend() !== 'tensorflow') return null;
  if (!isOneMatrix(a!) || !isOneMatrix(b!) || !isSafe(asNativeBackend(tf.backend()))) return null;
  addKernel(matrixProductKernel);
  const product: Tensor = tf
    .engine()
    .runKernel(MATRIX_PRODUCT, {a: asMatrix(a!), b: asMatrix(b!)}, attrs as Record<string, boolean>);
  const rank = Math.max(a!.rank, b!.rank);
  return rank === 2 ? product : tf.reshape(product, [...Array<number>(rank - 2).fill(1), ...product.shape]);
}

/** The product A B of matrices or batches of matrices, optionally transposed. Do not use it on the tape. */
export function matrixProduct<T extends Tensor>(a: T, b: T, transposeA = false, transposeB = false): T {
  return (runFaster('BatchMatMul', {a, b}, {transposeA, transposeB}) ?? tf.matMul(a, b, transposeA, transposeB)) as T;
}

/**
 * Whether `MatMul` is safe from signals. On x86 processors its kernel has the stack pointer on the heap, so that a handler that
 * runs meanwhile overwrites memory of others. `BatchMatMul` has another kernel. On Windows handlers have threads of their own.
 */
function isSafe({binding, isUsingGpuDevice}: NativeBackend): boolean {
  const {arch, platform} = globalThis.process;
  return binding.holdsSignals === true || isUsingGpuDevice || arch !== 'x64' || platform === 'win32';
}

function isOneMatrix({shape, rank, dtype}: Tensor): boolean {
  return rank >= 2 && dtype === 'float32' && shape.slice(0, -2).every(size => size === 1);
}

function asMatrix(x: Tensor): Tensor {
  return x.rank === 2 ? x : tf.reshape(x, x.shape.slice(-2));
}

const matrixProductKernel: KernelConfig = {
  kernelName: MATRIX_PRODUCT,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) => {
    const {transposeA = false, transposeB = false} = attrs as Readonly<Record<string, unknown>>;
    const native = asNativeBackend(backend);
    const {TF_ATTR_TYPE, TF_ATTR_BOOL, TF_FLOAT} = native.binding;
    const opAttrs = [
      {name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT},
      {name: 'transpose_a', type: TF_ATTR_BOOL, value: transposeA},
      {name: 'transpose_b', type: TF_ATTR_BOOL, value: transposeB},
    ];
    return native.executeSingleOutput('MatMul', opAttrs, [inputs.a!, inputs.b!]);
  },
};
