// On a GPU, sums are taken in an order that differs from run to run: some networks vary in the last bits. There, `toEqual` takes
// numbers for equal that differ by 1e-6; everywhere else it wants the same bits.
import {existsSync} from 'node:fs';
import {expect} from 'vitest';
import {nearlyEqual} from './nearly-equal.js';

if (existsSync('/proc/driver/nvidia/version')) {
  // Not above: TensorFlow.js takes time to load, and few tests have a GPU.
  const {nativeBackend} = await import('../../src/tfjs-internals/node/backend.js');
  expect.addEqualityTesters([(a, b) => (nativeBackend()?.isUsingGpuDevice ? nearlyEqual(a, b) : undefined)]);
}
