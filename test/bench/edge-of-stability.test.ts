import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {edgeTable} from '../../bench/edge/document.js';
import {drive} from '../../bench/edge/drive.js';
import {edgePicture} from '../../bench/edge/picture.js';
import type {EdgeRecord} from '../../bench/edge/record.js';
import {readRecord} from '../../bench/edge/record.js';
import {settings} from '../../bench/edge/settings.js';
import {plainRatio, summaryOf} from '../../bench/edge/summary.js';
import type {TensorFlow} from '../../src/node.js';
import {loadTensorFlow} from '../../src/node.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = (path: string): string => readFileSync(`${root}${path}`, 'utf8');
const records = Object.keys(settings).map(name => readRecord(`${root}bench/edge/records`, name)!);

describe('the records of the edge of stability', () => {
  it('give the picture and the table of docs/stability.md', () => {
    expect(edgePicture(records)).toBe(text('docs/pictures/edge-of-stability.svg'));
    expect(text('docs/stability.md')).toContain(edgeTable(records));
  });

  it.each(records.map(record => [record.optimizer, record] as const))(
    'show %s coming to its edge from below and staying about it',
    (_, record) => {
      expect(record.points[0]!.ratio).toBeLessThan(0.5);
      const {reachedAt, ratio, loss} = summaryOf(record);
      expect(reachedAt).not.toBeNull();
      // What the picture says: nearer to the edge than to half or one and a half times it, at all times.
      expect(Math.abs(ratio!.mean - 1)).toBeLessThan(0.15);
      expect(ratio!.least).toBeGreaterThan(0.7);
      expect(ratio!.most).toBeLessThan(1.35);
      expect(loss[1]).toBeLessThan(loss[0] / 5);
    },
  );
});

describe('driving an optimizer', () => {
  let engine: TensorFlow;

  beforeAll(async () => {
    engine = (await loadTensorFlow({warn: () => {}})).tf;
  });

  it('is done to each optimizer of TensorFlow.js', () => {
    const driven = Object.values(settings).map(({make}) => {
      const optimizer = make(engine, 0.1);
      optimizer.dispose();
      return optimizer.getClassName();
    });
    const all = Object.values(tf).flatMap(each =>
      typeof each === 'function' && each.prototype instanceof tf.Optimizer ? [Reflect.get(each, 'className')] : [],
    );
    expect(all.length).toBeGreaterThan(5);
    expect(driven).toEqual(expect.arrayContaining(all));
  });

  it('measures after each few steps, and leaves nothing behind', async () => {
    const x = engine.randomNormal([12, 5], 0, 1, 'float32', 1);
    const y = engine.randomNormal([12, 10], 0, 1, 'float32', 2);
    const before = engine.memory().numTensors;
    const {parameters, points} = await drive(engine, settings.adam!, {x, y}, {steps: 6, every: 3});
    expect(engine.memory().numTensors).toBe(before);
    expect(parameters).toBe(5 * 32 + 32 + 2 * (32 * 32 + 32) + 32 * 10 + 10);
    expect(points.map(({step}) => step)).toEqual([3, 6]);
    for (const point of points) {
      // Adam: 38 / η.
      expect(point.threshold).toBeCloseTo(38 / settings.adam!.learningRate, 3);
      expect(point.ratio).toBeCloseTo(point.sharpness / point.threshold, 6);
      expect(plainRatio({learningRate: 0.5} as EdgeRecord, point)).toBe(point.top / 4);
    }
    engine.dispose([x, y]);
  });
});
