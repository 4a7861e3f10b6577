import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as layers from '@tensorflow/tfjs-layers';
import {expect, test} from 'vitest';
import {watchGradients} from '../../src/tfjs-internals/core/tape.js';
import {hookCompile, hookTraining} from '../../src/tfjs-internals/layers/training-methods.js';

/** What this package may replace somewhere: it must be the same values, not equal ones. */
function replaceable(): ReadonlyMap<string, unknown> {
  const objects: [string, object][] = [
    ['LayersModel', layers.LayersModel.prototype],
    ['Sequential', layers.Sequential.prototype],
    ['Layer', layers.layers.Layer.prototype],
    ['Tensor', tf.Tensor.prototype],
    ['engine', tf.engine()],
    ['engine class', Object.getPrototypeOf(tf.engine())],
    ['backend', tf.backend()],
    ['Math', Math],
    ['environment', process.env],
  ];
  const properties = objects.flatMap(([name, object]) =>
    Object.entries(Object.getOwnPropertyDescriptors(object)).map(
      ([key, {value, get, set}]) => [`${name}.${key}`, value ?? get ?? set] as const,
    ),
  );
  const kernels = tf
    .getKernelsForBackend('cpu')
    .flatMap(kernel => [
      [`kernel ${kernel.kernelName}`, kernel] as const,
      [`gradient ${kernel.kernelName}`, tf.getGradient(kernel.kernelName)] as const,
    ]);
  return new Map<string, unknown>([...properties, ...kernels]);
}

function differences(before: ReadonlyMap<string, unknown>): string[] {
  const now = replaceable();
  return [...new Set([...before.keys(), ...now.keys()])].filter(key => !Object.is(before.get(key), now.get(key)));
}

test('the import of the package replaces nothing', async () => {
  await tf.setBackend('cpu');
  const before = replaceable();
  await import('../../src/index.js');
  expect(differences(before)).toEqual([]);
});

test('the undos of hookTraining and hookCompile restore the classes of tfjs-layers', () => {
  const before = replaceable();
  const undoTraining = hookTraining({
    step: (_, step) => step,
    losses: (_, compute) => compute(),
    train: (_model, _method, _args, run) => run(),
    sequentialTrains: () => {},
  });
  const undoCompile = hookCompile({compiled: () => {}, sequentialBuilt: () => {}});
  const ofModel = ['makeTrainFunction', 'calculateLosses', 'compile', 'fit', 'fitDataset', 'trainOnBatch'];
  const ofSequential = ['build', 'fit', 'fitDataset'];
  expect(new Set(differences(before))).toEqual(
    new Set([...ofModel.map(name => `LayersModel.${name}`), ...ofSequential.map(name => `Sequential.${name}`)]),
  );
  undoTraining();
  undoCompile();
  expect(differences(before)).toEqual([]);
});

test('the undo of watchGradients restores the engine', () => {
  const before = replaceable();
  const undo = watchGradients({onNested: () => {}, onCustom: forward => forward()});
  expect(differences(before)).toEqual(['engine.startTape', 'engine.runKernelFunc']);
  undo();
  expect(differences(before)).toEqual([]);
});
