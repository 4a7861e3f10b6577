// Signals that arrive while TensorFlow computes: a terminal's new size, the end of a child process, a profiler's ticks.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, afterEach, describe, expect, it} from 'vitest';
import {matrixProduct} from '../../src/kernels/native-kernels.js';
import {nativeBackend} from '../../src/tfjs-internals/node/backend.js';
import {runSource} from '../engine/run-source.js';
import {useEngine} from '../engines.js';
import {needs} from '../needs.js';

await useEngine('native');
const backend = nativeBackend()!;
const {binding} = backend;
const addon = needs(binding.holdsSignals, 'the addon is of an earlier edition; `npm run setup` builds it.');

describe.skipIf(process.platform === 'win32')('products among a thousand signals a second', addon, () => {
  const folder = mkdtempSync(join(tmpdir(), 'signals-'));
  afterAll(() => rmSync(folder, {recursive: true}));
  const script = fileURLToPath(new URL('products-among-signals.ts', import.meta.url));

  it.each(['off', 'function', 'session'])('are right, with graphs of kind %s', async kind => {
    const {code, stdout, stderr} = await runSource([script], {environment: {TFJS_HESSIAN_GRAPHS: kind}});
    expect(code, stderr).toBe(0);
    const {products, different, received} = JSON.parse(stdout) as Record<string, number>;
    expect(different).toBe(0);
    expect(products).toBeGreaterThan(10);
    expect(received).toBeGreaterThan(10);
  });

  it('are right while Node profiles them', async () => {
    const profile = ['--cpu-prof', '--cpu-prof-interval', '500', '--cpu-prof-dir', folder];
    const {code, stdout, stderr} = await runSource([...profile, script], {environment: {TFJS_HESSIAN_GRAPHS: 'off'}});
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({different: 0});
  });
});

describe('with an addon that does not hold signals back', () => {
  afterEach(() => {
    backend.binding = binding;
  });

  it.runIf(process.arch === 'x64' && process.platform !== 'win32' && !backend.isUsingGpuDevice)(
    'products of matrices take the slower op, which is safe',
    () => {
      const ops: string[] = [];
      backend.binding = Object.create(binding, {
        holdsSignals: {value: undefined},
        executeOp: {
          value: (...args: Parameters<typeof binding.executeOp>) => {
            ops.push(args[0]);
            return binding.executeOp(...args);
          },
        },
      });
      const [a, b] = [tf.ones([2, 3]), tf.ones([3, 2])];
      expect(matrixProduct(a, b).arraySync()).toEqual([
        [3, 3],
        [3, 3],
      ]);
      expect(ops).toContain('BatchMatMulV2');
      expect(ops).not.toContain('MatMul');
    },
  );
});
