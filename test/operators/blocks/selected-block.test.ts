import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {DisposedError, InvalidArgumentError} from '../../../src/errors.js';
import {trace} from '../../../src/estimators/trace.js';
import type {AxisSelection, BlockSelection} from '../../../src/operators/blocks/block-selection.js';
import {blockIndices} from '../../../src/operators/blocks/selected-block.js';
import {empiricalFisher} from '../../../src/operators/empirical-fisher.js';
import {fisher} from '../../../src/operators/fisher.js';
import {gaussNewton} from '../../../src/operators/gauss-newton.js';
import {hessian} from '../../../src/operators/hessian.js';
import type {LinearOperator, NetworkOperator} from '../../../src/operators/linear-operator.js';
import {preconditioned} from '../../../src/operators/preconditioning/preconditioned.js';
import {residualHessian} from '../../../src/operators/residual-hessian.js';
import {randomBits, uniform} from '../../../src/random.js';
import {engines, useEngine} from '../../engines.js';
import {loadReferenceModel, readReference, referenceBatch, relativeError} from '../../references.js';

/** A matrix in rows. */
type Rows = number[][];

/** All columns of an operator. */
function dense(op: LinearOperator): Rows {
  return tf.tidy(() => tf.transpose(op.matmat(tf.eye(op.size))).arraySync()) as Rows;
}

const subMatrix = (whole: Rows, indices: ArrayLike<number>): Rows =>
  Array.from(indices, i => Array.from(indices, j => whole[i]![j]!));

/** Some of the numbers 0 … n − 1, at least one, in random order. */
function randomSet(n: number, seed: number): Int32Array {
  const bits = randomBits(seed, 0);
  const all = Array.from({length: n}, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(uniform(bits) * (i + 1));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return Int32Array.from(all.slice(0, 1 + Math.floor(uniform(bits) * n)));
}

/** A random part of an axis in each of the ways to write it, and its positions. */
function randomPart(n: number, seed: number): readonly [AxisSelection, number[]] {
  const set = [...randomSet(n, seed)];
  const [from, to] = [Math.min(...set), Math.max(...set) + 1];
  const ranges = Array.from({length: to - from}, (_, i) => from + i);
  return (
    [
      [set[0]!, [set[0]!]],
      [set, set],
      [{from, to}, ranges],
    ] as const
  )[seed % 3]!.map(x => (Array.isArray(x) ? [...x] : x)) as [AxisSelection, number[]];
}

const largest = (rows: Rows): number => Math.max(...rows.flat().map(Math.abs));

/** Rounding of float32 in a network's products, relative to the largest entry: see test/operators/hessian.test.ts. */
const ROUNDING = 2e-6;

function expectSame(got: Rows, wanted: Rows, scale: number): void {
  expect(got.length).toBe(wanted.length);
  for (const [i, row] of got.entries())
    for (const [j, x] of row.entries()) expect(Math.abs(x - wanted[i]![j]!)).toBeLessThanOrEqual(ROUNDING * scale);
}

describe.each(engines)('a block of chosen weights on %s', engine => {
  beforeAll(() => useEngine(engine));

  // Dense, convolution, depthwise and pointwise, recurrent gates, an embedding, a shared layer, attention, a nested model.
  const all = ['mlp_tanh', 'conv1d_pooling', 'depthwise_separable', 'lstm', 'embedding_conv1d', 'shared_layer'];
  const names =
    engine === 'native' ? [...all, 'dot_attention', 'nested_model'] : ['depthwise_separable', 'shared_layer'];

  describe.each(names)('of %s', name => {
    const reference = readReference(name);
    const made = async () => hessian(await loadReferenceModel(name, reference), referenceBatch(reference));

    it('is the sub-matrix of the whole, for random sets, rows, columns and axes', async () => {
      const H = await made();
      const whole = dense(H);
      const scale = largest(whole);
      for (let seed = 0; seed < 3; seed++) {
        const indices = randomSet(H.size, seed);
        const block = H.block({indices});
        expectSame(dense(block), subMatrix(whole, indices), scale);
        block.dispose();
        expect(() => block.matvec(tf.zeros([indices.length]))).toThrow(DisposedError);
      }
      for (const [n, weight] of H.layers.flatMap(layer => layer.weights).entries()) {
        const {shape, offset, path} = weight;
        const columnCount = shape.at(-1)!;
        const rowCount = shape.slice(0, -1).reduce((a, b) => a * b, 1);
        const [rows, rowSet] = randomPart(rowCount, n);
        const [columns, columnSet] = randomPart(columnCount, n + 1);
        const parts = shape.map((length, axis) => (axis === n % shape.length ? null : randomPart(length, n + axis)));
        const axes = shape.map((length, axis) => parts[axis]?.[1] ?? Array.from({length}, (_, i) => i));
        const flat = axes.reduce<number[]>(
          (all, set, axis) => all.flatMap(base => set.map(i => base * shape[axis]! + i)),
          [0],
        );
        const everyColumn = Array.from({length: columnCount}, (_, i) => i);
        const cases: [BlockSelection, number[]][] = [
          [{weight: path, rows, columns}, rowSet.flatMap(r => columnSet.map(c => r * columnCount + c))],
          [{weight: path, rows}, rowSet.flatMap(r => everyColumn.map(c => r * columnCount + c))],
          [{weight: weight.name, index: parts.map(part => part?.[0] ?? null)}, flat],
          [{weight: path}, Array.from({length: rowCount * columnCount}, (_, i) => i)],
        ];
        for (const [selection, positions] of [cases[n % 4]!, cases[(n + 1) % 4]!]) {
          const indices = positions.map(i => i + offset);
          expect([...blockIndices(H, selection)]).toEqual(indices);
          const block = H.block(selection);
          expect(block.size).toBe(indices.length);
          expectSame(dense(block), subMatrix(whole, indices), scale);
          block.dispose();
        }
      }
      H.dispose();
    });

    it('multiplies as the float64 Hessian does, up to what the other weights add', async () => {
      const H = await made();
      const v = tf.tensor1d(reference.hvp.vector);
      for (let seed = 10; seed < 13; seed++) {
        const indices = randomSet(H.size, seed);
        const positions = tf.tensor1d(indices, 'int32');
        const own = tf.gather(v, positions);
        // H_II v_I = (H v)_I − (H v')_I, with v' = v outside of I.
        const outside = tf.sub(v, tf.scatterND(positions.expandDims(1), own, [H.size])) as tf.Tensor1D;
        const added = tf.gather(H.matvec(outside), positions);
        const exact = tf.sub(tf.gather(tf.tensor1d(reference.hvp.product), positions), added).dataSync();
        const product = H.block({indices}).matvec(own).dataSync();
        const scale = Math.max(...reference.hvp.product.map(Math.abs));
        for (const [i, x] of product.entries()) expect(Math.abs(x - exact[i]!)).toBeLessThan(4 * ROUNDING * scale);
      }
      H.dispose();
    });

    it('has the float64 trace of its layer, over a partition of the layer', async () => {
      const H = await made();
      for (const layer of H.layers) {
        const order = randomPart(layer.size, 1)[1];
        const rest = Array.from({length: layer.size}, (_, i) => i).filter(i => !order.includes(i));
        let sum = 0;
        for (const part of [order, rest]) {
          if (part.length === 0) continue;
          const block = H.block({indices: part.map(i => i + layer.offset)});
          sum += (await trace(block, {probes: block.size + 1})).value;
        }
        const {trace: exact, frobenius} = reference.perLayer[layer.name]!;
        expect(Math.abs(sum - exact)).toBeLessThanOrEqual(1e-5 * frobenius);
      }
      H.dispose();
    });
  });

  it('multiplies many columns at once as one by one, and leaves no tensors behind', async () => {
    const reference = readReference('lstm');
    const model = await loadReferenceModel('lstm', reference);
    const batch = referenceBatch(reference);
    const V = tf.randomNormal<tf.Rank.R2>([8, 5], 0, 1, 'float32', 1);
    const before = tf.memory().numTensors;
    const H = await hessian(model, batch);
    const held = tf.memory().numTensors;
    // The four gates of one unit: the columns u, n + u, 2 n + u and 3 n + u of the recurrent kernel's first two rows.
    const unit = H.block({weight: 'lstm/recurrent_kernel', rows: {from: 0, to: 2}, columns: [1, 5, 9, 13]});
    const many = tf.tidy(() => [...unit.matmat(V).dataSync()]);
    const each = tf.tidy(() => [
      ...tf
        .stack(
          tf.unstack(V, 1).map(v => unit.matvec(v as tf.Tensor1D)),
          1,
        )
        .dataSync(),
    ]);
    expect(relativeError(many, each)).toBeLessThan(1e-6);
    unit.dispose();
    // What the shared block of the whole weight has made stays: a second part uses it.
    const shared = tf.memory().numTensors;
    expect(shared).toBeGreaterThanOrEqual(held);
    const other = H.block({weight: 'lstm/recurrent_kernel', rows: [3, 2], columns: {from: 0, to: 4}});
    tf.tidy(() => void other.matmat(V));
    expect(tf.memory().numTensors).toBe(shared + 1);
    H.dispose();
    other.dispose();
    expect(() => other.matvec(tf.zeros([8]))).toThrow(DisposedError);
    expect(tf.memory().numTensors).toBe(before + 1);
  });

  it('is there for every kind of operator', async () => {
    const reference = readReference('mlp_tanh');
    const model = await loadReferenceModel('mlp_tanh', reference);
    model.compile({optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy'});
    const batch = referenceBatch(reference);
    await model.trainOnBatch(batch.x, batch.y);
    const H = await hessian(model, batch);
    const [w1, w2] = [tf.variable(tf.randomNormal([3, 4], 0, 1, 'float32', 1)), tf.variable(tf.randomNormal([4]))];
    const operators: NetworkOperator[] = [
      H,
      await gaussNewton(model, batch),
      await fisher(model, batch),
      await fisher(model, batch, {samples: 2}),
      await empiricalFisher(model, batch),
      await residualHessian(model, batch),
      await hessian(model, [batch, batch]),
      await hessian(model, [batch, batch], {memoryLimit: 0}),
      preconditioned(H, model.optimizer),
      await hessian(() => tf.sum(tf.tanh(tf.matMul(w1, tf.reshape(tf.square(w2), [4, 1])))) as tf.Scalar, {
        a: w1,
        b: w2,
      }),
    ];
    for (const [i, op] of operators.entries()) {
      const whole = dense(op);
      const {path, shape, offset} = op.layers[0]!.weights[0]!;
      const columns = Array.from({length: shape[0]!}, (_, r) => offset + r * shape[1]! + 2);
      expectSame(dense(op.block({weight: path, columns: 2})), subMatrix(whole, columns), largest(whole));
      const indices = randomSet(op.size, 20 + i);
      expectSame(dense(op.block({indices})), subMatrix(whole, indices), largest(whole));
    }
    for (const op of operators.reverse()) op.dispose();
  });

  it('costs no more than the layer that owns it', async () => {
    const reference = readReference('cnn_tanh_avgpool_strided');
    const H = await hessian(await loadReferenceModel('cnn_tanh_avgpool_strided', reference), referenceBatch(reference));
    const costOf = (op: {size: number; matvec(v: tf.Tensor1D): tf.Tensor1D}) => {
      const before = H.gradientPasses;
      op.matvec(tf.ones([op.size]));
      op.matvec(tf.ones([op.size]));
      return H.gradientPasses - before;
    };
    for (const {name, weights, offset} of H.layers) {
      const layer = costOf(H.block(name));
      expect(layer).toBeGreaterThan(0);
      for (const {path} of weights) expect(costOf(H.block({weight: path, columns: 0}))).toBeLessThanOrEqual(layer);
      expect(costOf(H.block({indices: [offset]}))).toBeLessThanOrEqual(layer);
    }
    H.dispose();
  });
});

describe('the head of an attention', () => {
  beforeAll(() => useEngine('cpu'));

  it('is an index on the axis of the heads, for kernels [model, heads, key]', async () => {
    const [d, heads, key] = [3, 2, 2];
    const x = tf.randomNormal([4, d], 0, 1, 'float32', 1);
    const query = tf.variable(tf.randomNormal([d, heads, key], 0, 1, 'float32', 2), true, 'query');
    const keys = tf.variable(tf.randomNormal([d, heads, key], 0, 1, 'float32', 3), true, 'key');
    const project = (w: tf.Tensor) =>
      tf.transpose(tf.reshape(tf.matMul(x, tf.reshape(w, [d, heads * key])), [4, heads, key]), [1, 0, 2]);
    const loss = () =>
      tf.mean(
        tf.square(tf.matMul(tf.softmax(tf.matMul(project(query), project(keys), false, true)), project(query))),
      ) as tf.Scalar;
    const H = await hessian(loss, {attention: [query, keys]});
    const whole = dense(H);
    const selection = {weight: 'attention/key', index: [null, 1, null]};
    const indices = blockIndices(H, selection);
    expect([...indices]).toEqual([0, 1, 2].flatMap(i => [0, 1].map(k => d * heads * key + i * heads * key + key + k)));
    expectSame(dense(H.block(selection)), subMatrix(whole, indices), largest(whole));
    H.dispose();
  });
});

describe('a block that is not there', () => {
  let H: NetworkOperator;

  beforeAll(async () => {
    await useEngine('cpu');
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 3, inputShape: [2], name: 'first'}),
        tfl.layers.dense({units: 1, name: 'second'}),
      ],
    });
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    H = await hessian(model, {x: tf.ones([2, 2]), y: tf.ones([2, 1])});
  });

  it.each<[BlockSelection, RegExp]>([
    ['firs', /did you mean "first"/],
    [{weight: 'first/kernl'}, /did you mean "first\/kernel".*first\/bias, second\/kernel/],
    [{weight: 'first/kernel', columns: 3}, /columns has the position 3; .*\[2, 3\] are 0 to 2/],
    [{weight: 'first/kernel', rows: [0, 1, 0]}, /rows has the position 0 twice/],
    [{weight: 'first/kernel', rows: {from: 1, to: 3}}, /from < to ≤ 2/],
    [{weight: 'first/kernel', rows: {from: 1, to: 1}}, /from < to ≤ 2/],
    [{weight: 'first/kernel', rows: []}, /a position, a list of positions/],
    [{weight: 'first/kernel', rows: -1}, /rows/],
    [{weight: 'first/kernel', columns: [0.5]}, /columns/],
    [{weight: 'first/bias', rows: 1}, /0 to 0/],
    [{weight: 'first/kernel', index: [0]}, /index has 1 entry.*2 axes/],
    [{weight: 'first/kernel', index: [0, 0], rows: 1}, /give one of them/],
    [{indices: []}, /at least one/],
    [{indices: [13]}, /position 13.*0 to 12/],
    [{indices: Int32Array.of(-1)}, /indices/],
    [{indices: [0.5]}, /indices/],
    [{indices: [3, 1, 3]}, /position 3 twice/],
    [{indices: [0], rows: 1} as never, /either a weight.*or indices alone/],
    [{} as never, /either a weight/],
    [{rows: 1} as never, /either a weight/],
    [{weigth: 'first/kernel'} as never, /did you mean "weight"/],
    [3 as never, /a layer's name, \{weight/],
  ])('is an error that says what to write: %j', (selection, message) => {
    expect(() => H.block(selection)).toThrow(InvalidArgumentError);
    expect(() => H.block(selection)).toThrow(message);
  });
});

it('a weight keeps its path when another model of the process has a weight of the same name', async () => {
  await useEngine('cpu');
  const make = () => {
    const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2], name: 'twice'})]});
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    return model;
  };
  make();
  const H = await hessian(make(), {x: tf.ones([2, 2]), y: tf.ones([2, 1])});
  const {name, path} = H.layers[0]!.weights[0]!;
  expect([name, path]).toEqual(['twice/kernel_1', 'twice/kernel']);
  for (const weight of [name, path]) expect([...blockIndices(H, {weight})]).toEqual([0, 1]);
  H.dispose();
});
