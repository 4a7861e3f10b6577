import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {readCifar} from '../../study/data/cifar.js';

/** A record of CIFAR-10's binary version: a label, and three planes of 32 × 32. */
function record(label: number, value: (channel: number, row: number, column: number) => number): Uint8Array {
  const bytes = new Uint8Array(1 + 3 * 32 * 32);
  bytes[0] = label;
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < 32; i++) for (let j = 0; j < 32; j++) bytes[1 + 1024 * c + 32 * i + j] = value(c, i, j);
  }
  return bytes;
}

describe('the reader of CIFAR-10', () => {
  let folder = '';
  const write = (name: string, ...records: readonly Uint8Array[]) =>
    writeFileSync(join(folder, name), Buffer.concat(records));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cifar-'));
  });
  afterEach(() => rmSync(folder, {recursive: true}));

  it('puts the three planes of each image side by side, pixel by pixel', () => {
    const value = (c: number, i: number, j: number) => (100 * c + 3 * i + j) % 256;
    write(
      'data_batch_1.bin',
      record(3, value),
      record(9, () => 7),
    );
    write(
      'data_batch_2.bin',
      record(0, () => 200),
    );
    write('test_batch.bin', record(5, value));
    const {pool, test} = readCifar(folder);
    expect([...pool.labels]).toEqual([3, 9, 0]);
    expect(pool.shape).toEqual([32, 32, 3]);
    expect(pool.pixels).toHaveLength(3 * 32 * 32 * 3);
    for (const [c, i, j] of [
      [0, 0, 0],
      [1, 0, 31],
      [2, 31, 5],
      [0, 17, 30],
    ] as const) {
      expect(pool.pixels[3 * (32 * i + j) + c]).toBe(value(c, i, j));
      expect(test.pixels[3 * (32 * i + j) + c]).toBe(value(c, i, j));
    }
    expect(pool.pixels.at(-1)).toBe(200);
  });

  it('says which file is missing, torn or no such file at all', () => {
    expect(() => readCifar(folder)).toThrow(/no data_batch_1\.bin/);
    write(
      'test_batch.bin',
      record(1, () => 0),
    );
    write('data_batch_1.bin', record(1, () => 0).subarray(0, 3000));
    expect(() => readCifar(folder)).toThrow(/data_batch_1\.bin has 3000 bytes; .* multiple of 3073/);
    write(
      'data_batch_1.bin',
      record(10, () => 0),
    );
    expect(() => readCifar(folder)).toThrow(/image 0 has label 10; .* 0 to 9/);
  });
});
