import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeEach, describe, expect, it, vi} from 'vitest';
import {compileTraining} from '../../src/model/compiled-training/compile-training.js';
import {type FunctionBinding, hasGraphFunctions} from '../../src/native/graph-function.js';
import {holdPool, letGo, releaseGraphs} from '../../src/native/graph-pool.js';
import type {LoadedGraph} from '../../src/native/loaded-graph.js';
import {nativeBackend} from '../../src/tfjs-internals/node/backend.js';
import {useEngine} from '../engines.js';
import {needs} from '../needs.js';
import {smallBatch, smallMlp} from '../regularizers/small-models.js';
import {weightsOf} from '../regularizers/training.js';

const MEGABYTE = 2 ** 20;

beforeEach(() => {
  releaseGraphs();
});

/** A pool of a signature with one graph, which is used once. */
function useOnce(key: string, bytes: number, unloaded: string[], graph: Partial<LoadedGraph> = {}) {
  const pool = holdPool(key, bytes);
  const loaded = pool.take(() => ({run: () => [], unload: () => unloaded.push(key), ...graph}));
  pool.giveBack(loaded);
  return pool;
}

describe('graphs that nobody holds', () => {
  it('are kept up to 256 MiB, however few they are, and the longest unused goes first', () => {
    const unloaded: string[] = [];
    for (const key of ['a', 'b', 'c']) letGo(useOnce(key, 80 * MEGABYTE, unloaded));
    expect(unloaded).toEqual([]);
    // "a" is used again.
    letGo(holdPool('a', 80 * MEGABYTE));
    letGo(useOnce('d', 80 * MEGABYTE, unloaded));
    expect(unloaded).toEqual(['b']);
    letGo(useOnce('large', 300 * MEGABYTE, unloaded));
    expect(unloaded).toEqual(['b', 'c', 'a', 'd', 'large']);
  });

  it('count as often as they are loaded', () => {
    const unloaded: string[] = [];
    const pool = holdPool('several', 100 * MEGABYTE);
    const load = () => ({run: () => [], release: () => {}, unload: () => unloaded.push('several')});
    const taken = [pool.take(load), pool.take(load), pool.take(load)];
    expect([pool.graphs, pool.bytes]).toEqual([3, 300 * MEGABYTE]);
    for (const graph of taken) pool.giveBack(graph);
    letGo(pool);
    expect(unloaded).toHaveLength(3);
    expect(pool.graphs).toBe(0);
  });

  it('are at most 64, however small they are', () => {
    const unloaded: string[] = [];
    for (let i = 0; i < 70; i++) letGo(useOnce(`${i}`, 1, unloaded));
    expect(unloaded).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(releaseGraphs()).toBe(64);
  });

  it('are unloaded by releaseGraphs(), once, and held ones are not', () => {
    const unloaded: string[] = [];
    const held = useOnce('held', 1, unloaded);
    letGo(useOnce('free', 1, unloaded));
    expect(releaseGraphs()).toBe(1);
    expect(releaseGraphs()).toBe(0);
    expect(unloaded).toEqual(['free']);
    letGo(held);
    expect(releaseGraphs()).toBe(1);
  });
});

await useEngine('native');
const backend = nativeBackend()!;
const {binding} = backend;
const addon = needs(hasGraphFunctions(binding), 'the addon is of an earlier edition; `npm run setup` builds it.');
const loaded = new Set<string>();
backend.binding = Object.create(binding, {
  addGraphFunction: {
    value: (...args: Parameters<FunctionBinding['addGraphFunction']>) => {
      const name = binding.addGraphFunction!(...args);
      loaded.add(name);
      return name;
    },
  },
  removeGraphFunction: {
    value: (name: string) => {
      loaded.delete(name);
      binding.removeGraphFunction!(name);
    },
  },
});
afterAll(() => {
  backend.binding = binding;
  vi.unstubAllEnvs();
});

describe('on the native engine', addon, () => {
  it('releaseGraphs() leaves a running training its graphs, unloads all after it, and the next has the same bits', async () => {
    vi.stubEnv('TFJS_HESSIAN_GRAPHS', 'function');
    const train = async (between: () => void) => {
      const model = smallMlp({optimizer: tf.train.adam(0.01)});
      const undo = compileTraining(model);
      const {x, y} = smallBatch();
      for (let step = 0; step < 6; step++) {
        await model.trainOnBatch(x, y);
        between();
      }
      const most = loaded.size;
      const weights = weightsOf(model);
      undo();
      model.dispose();
      tf.dispose([x, y]);
      return {weights, most};
    };
    const plain = await train(() => {});
    expect(loaded.size).toBeGreaterThan(0);
    const count = loaded.size;
    expect(releaseGraphs()).toBe(count);
    expect(loaded.size).toBe(0);
    const again = await train(releaseGraphs);
    expect(again.most).toBeGreaterThan(0);
    expect(again.weights).toEqual(plain.weights);
    releaseGraphs();
    expect(loaded.size).toBe(0);
  });
});
