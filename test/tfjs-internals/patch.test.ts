import * as tf from '@tensorflow/tfjs-core';
import {expect, test} from 'vitest';
import {replaceGradient, replaceKernel} from '../../src/tfjs-internals/core/registries.js';
import {patch} from '../../src/tfjs-internals/patch.js';
import {undoAll} from '../../src/tfjs-internals/undo.js';

class Counter {
  step = 1;

  next(from: number): number {
    return from + this.step;
  }
}

test('a replaced method is called with its object, and the undo removes it from the object again', () => {
  const counter = new Counter();
  const undo = patch(counter, {
    next(this: Counter, from) {
      return from + 10 * this.step;
    },
  });
  expect(counter.next(1)).toBe(11);
  undo();
  expect(Object.hasOwn(counter, 'next')).toBe(false);
  expect(counter.next(1)).toBe(2);
});

test('the undo restores the exact descriptor of an own property', () => {
  const target = {value: 1};
  Object.defineProperty(target, 'value', {value: 1, enumerable: false, writable: false, configurable: true});
  const before = Object.getOwnPropertyDescriptor(target, 'value');
  const undo = patch(target, {value: 2});
  expect(target.value).toBe(2);
  undo();
  expect(Object.getOwnPropertyDescriptor(target, 'value')).toEqual(before);
});

test('a property that is absent is absent again', () => {
  const target: {value?: number} = {};
  const undo = patch(target, {value: 1});
  expect(target).toEqual({value: 1});
  undo();
  expect('value' in target).toBe(false);
});

test('a replaced method of a class stays out of for … in', () => {
  const undo = patch(Counter.prototype, {next: () => 0});
  const names: string[] = [];
  for (const name in new Counter()) names.push(name);
  undo();
  expect(names).toEqual(['step']);
  expect(new Counter().next(1)).toBe(2);
});

test('a property may become a getter and setter for a while', () => {
  const target = {flag: true};
  const seen: boolean[] = [];
  const undo = patch(target, {
    get flag() {
      return false;
    },
    set flag(now) {
      seen.push(now);
    },
  });
  target.flag = false;
  expect(target.flag).toBe(false);
  undo();
  expect(seen).toEqual([false]);
  expect(Object.getOwnPropertyDescriptor(target, 'flag')).toMatchObject({value: true, writable: true});
});

test('a value for a property with a setter goes through the setter, both ways', () => {
  const set: number[] = [];
  let value = 1;
  const target = {
    get size() {
      return value;
    },
    set size(next) {
      set.push(next);
      value = next;
    },
  };
  const undo = patch(target, {size: 2});
  undo();
  expect(set).toEqual([2, 1]);
});

test('a second call of an undo does nothing, also when the property has been replaced again', () => {
  const target = {value: 1};
  const undo = patch(target, {value: 2});
  undo();
  const undoAgain = patch(target, {value: 3});
  undo();
  expect(target.value).toBe(3);
  undoAgain();
  expect(target.value).toBe(1);
});

test.each([[[2, 1, 0]], [[0, 1, 2]], [[1, 0, 2]], [[0, 2, 1]]])(
  'replacements undone in the order %j never bring back one that was undone',
  order => {
    const target = {value: 'original'};
    const values = ['a', 'b', 'c'];
    const undos = values.map(value => patch(target, {value}));
    const inForce = new Set([0, 1, 2]);
    for (const at of order) {
      undos[at]!();
      inForce.delete(at);
      expect(target.value).toBe(inForce.size === 0 ? 'original' : values[Math.max(...inForce)]);
    }
  },
);

test('undoAll undoes the newest first', () => {
  const order: number[] = [];
  undoAll([() => order.push(1), () => order.push(2)])();
  expect(order).toEqual([2, 1]);
});

const plain = (kernelName: string): tf.GradConfig => ({kernelName, gradFunc: () => ({})});

test('a gradient is put back, in either order, and one that was not registered is unregistered', () => {
  const original = tf.getGradient('Square');
  const [first, second] = [plain('Square'), plain('Square')];
  const undoFirst = replaceGradient(first);
  const undoSecond = replaceGradient(second);
  undoFirst();
  expect(tf.getGradient('Square')).toBe(second);
  undoSecond();
  expect(tf.getGradient('Square')).toBe(original);

  const undo = replaceGradient(plain('NoSuchKernel'));
  expect(tf.getGradient('NoSuchKernel')).toBeDefined();
  undo();
  expect(tf.getGradient('NoSuchKernel')).toBeUndefined();
});

test('a kernel is put back', () => {
  const kernel: tf.KernelConfig = {kernelName: 'Own', backendName: 'own', kernelFunc: () => []};
  tf.registerKernel(kernel);
  const replacement = {...kernel};
  const undo = replaceKernel(replacement);
  expect(tf.getKernel('Own', 'own')).toBe(replacement);
  undo();
  expect(tf.getKernel('Own', 'own')).toBe(kernel);
  tf.unregisterKernel('Own', 'own');
});
