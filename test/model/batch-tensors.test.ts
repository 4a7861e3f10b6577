import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import type {Batch} from '../../src/model/batch.js';
import {batchSize, batchTensors, disposeBatch, firstRows, holdBatch, mapBatch} from '../../src/model/batch-tensors.js';
import {useEngine} from '../engines.js';

describe('the tensors of a batch', () => {
  let numTensors: number;
  let x: tf.Tensor;
  let y: tf.Tensor;

  beforeAll(() => useEngine('cpu'));

  beforeEach(() => {
    numTensors = tf.memory().numTensors;
    x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    y = tf.tensor1d([7, 8, 9]);
  });

  afterEach(() => {
    tf.dispose([x, y]);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it('keep their structure: one tensor, a list with null, names such as "shape"', () => {
    const batch: Batch = {x, y: {shape: y, other: x}, sampleWeight: [y, null as unknown as tf.Tensor]};
    expect(mapBatch(batch, ({rank}) => rank)).toEqual({x: 2, y: {shape: 1, other: 2}, sampleWeight: [1, null]});
    expect(batchTensors(batch)).toEqual([x, y, x, y]);
    expect(batchSize(batch)).toBe(3);
  });

  it('keep the training flag only if the batch has one', () => {
    expect(mapBatch({x, y, training: false}, () => 0)).toEqual({x: 0, y: 0, training: false});
    expect(mapBatch({x, y}, () => 0)).toEqual({x: 0, y: 0});
  });

  it('are sliced to at most n rows', () => {
    const two = firstRows({x: {in: x}, y: [y]}, 2);
    const all = firstRows({x, y}, 5);
    expect(batchTensors(two).map(tensor => [...tensor.dataSync()])).toEqual([
      [1, 2, 3, 4],
      [7, 8],
    ]);
    expect(batchSize(all)).toBe(3);
    disposeBatch(two);
    disposeBatch(all);
  });

  it('leave no slice behind when one of them cannot be sliced', () => {
    const scalar = tf.scalar(1);
    expect(() => firstRows({x, y: scalar}, 2)).toThrow();
    scalar.dispose();
  });

  it('are held by references that outlive the originals', () => {
    const held = holdBatch({x, y});
    tf.dispose([x, y]);
    expect([...batchTensors(held)[1]!.dataSync()]).toEqual([7, 8, 9]);
    disposeBatch(held);
  });
});
