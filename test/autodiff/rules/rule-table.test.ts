import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {kernelsWithRules, ruleOf} from '../../../src/autodiff/rules/rule-table.js';
import {engines, useEngine} from '../../engines.js';
import {kernelSamples} from './kernel-samples.js';
import {differentiate, distance, onTape, SampledKernel} from './recorded-kernel.js';
import {directionOf, REACH} from './samples/sample.js';

// Loads the gradients of TensorFlow.js, on which some tests depend.
await useEngine('native');

// Differences of float32 values at distance 1/16 lose four or five of 24 binary digits; the extrapolation error of such steps
// has the same size, 1e-5. The derivatives are of the order of 1.
const DIFFERENCES = 2e-4;

const rows = kernelsWithRules().flatMap(kernel =>
  (kernelSamples[kernel] ?? []).map((sample, i) => ({kernel, i, sample, rule: ruleOf(kernel)!})),
);
const constantRows = rows.filter(({rule}) => rule.kind === 'constant');
const movingRows = rows.filter(({rule}) => rule.kind !== 'constant');

it('the samples cover every kernel with a rule, and no other kernel', () => {
  expect(Object.keys(kernelSamples).sort()).toEqual(kernelsWithRules());
});

describe.each(engines)('the rule on %s', engine => {
  beforeAll(() => useEngine(engine));

  describe.each(movingRows)('of $kernel, sample $i,', ({kernel: name, i, sample, rule}) => {
    const directions = (kernel: SampledKernel, purpose: string) =>
      Object.fromEntries(
        kernel.moving.map(input => [input, directionOf(kernel.inputs[input]!, name, i, input, purpose)]),
      );

    /** Every input alone, and all of them. */
    const subsets = (kernel: SampledKernel) =>
      kernel.moving.length === 1 ? [kernel.moving] : [...kernel.moving.map(input => [input]), kernel.moving];

    it('pushes tangents that agree with finite differences of the kernel', () => {
      tf.tidy(() => {
        const kernel = new SampledKernel(name, sample);
        const tangents = directions(kernel, 'first');
        for (const from of subsets(kernel)) {
          const still = (input: string) => tf.zerosLike(kernel.inputs[input]!);
          const line = Object.fromEntries(
            kernel.moving.map(input => [input, from.includes(input) ? tangents[input]! : still(input)]),
          );
          kernel.push(from, tangents).forEach((tangent, output) => {
            const expected = differentiate(h => kernel.run(kernel.moved(line, h))[output]!, REACH);
            expect(distance(tangent, expected)).toBeLessThan(DIFFERENCES);
            expect(tangent?.shape ?? expected.shape).toEqual(expected.shape);
          });
        }
      });
    });

    it('gives the same tangents for three at once as for one by one', () => {
      tf.tidy(() => {
        const kernel = new SampledKernel(name, sample);
        const several = ['first', 'second', 'third'].map(purpose => directions(kernel, purpose));
        for (const from of subsets(kernel)) {
          const stacked = Object.fromEntries(from.map(input => [input, tf.stack(several.map(each => each[input]!))]));
          const each = several.map(tangents => kernel.push(from, tangents));
          kernel.push(from, stacked, {probes: 3}).forEach((tangent, output) => {
            const expected = tf.stack(each.map(outputs => outputs[output]!));
            expect(tangent!.shape).toEqual(expected.shape);
            // The same sums in another order.
            expect(distance(tangent, expected)).toBeLessThan(1e-6);
          });
        }
      });
    });

    if (!rule.jet) return;

    it('has jets with the tangent and its derivative along the line', () => {
      tf.tidy(() => {
        const kernel = new SampledKernel(name, sample);
        const line = directions(kernel, 'first');
        kernel.run().forEach((_, output) => {
          const jet = onTape(() => kernel.jet(kernel.inputs, line, output));
          const tangentAt = (h: number) => kernel.push(kernel.moving, line, {at: kernel.moved(line, h)})[output]!;
          // The same formula, with and without the tape.
          expect(distance(jet.first, tangentAt(0))).toBeLessThan(1e-6);
          expect(distance(jet.second, differentiate(tangentAt, REACH))).toBeLessThan(DIFFERENCES);
        });
      });
    });

    if (!tf.getGradient(name) || sample.gradient === false) return;

    it('has jets that TensorFlow.js can differentiate', () => {
      tf.tidy(() => {
        const kernel = new SampledKernel(name, sample);
        const line = directions(kernel, 'first');
        const across = directions(kernel, 'across');
        kernel.run().forEach((y, output) => {
          const weights = [directionOf(y, name, 'ẏ'), directionOf(y, name, 'ÿ')];
          // ⟨w₁, ẏ⟩ + ⟨w₂, ÿ⟩, a function of the point.
          const form = (at: Readonly<Record<string, Tensor>>) => {
            const {first, second} = kernel.jet(at, line, output);
            return [first, second].reduce<Tensor>(
              (sum, part, order) => (part === null ? sum : tf.add(sum, tf.sum(tf.mul(part, weights[order]!)))),
              tf.scalar(0),
            );
          };
          const expected = differentiate(h => form(kernel.moved(across, h)), REACH / 2);
          const gradients = tf.grads((...points) => {
            const at = Object.fromEntries(kernel.moving.map((input, place) => [input, points[place]!]));
            // Gives every input a gradient, even if the form is constant in it.
            const nothing = points.map(point => tf.sum(tf.mul(point, 0)));
            return tf.addN([form({...kernel.inputs, ...at}), ...nothing] as tf.Scalar[]);
          })(kernel.moving.map(input => kernel.inputs[input]!));
          const slope = gradients.map((g, place) => tf.sum(tf.mul(g, across[kernel.moving[place]!]!)));
          // Third derivatives lose another digit, and terms may cancel.
          expect(distance(tf.addN(slope as tf.Scalar[]), expected)).toBeLessThan(10 * DIFFERENCES);
        });
      });
    });
  });

  it.each(constantRows)(
    'of $kernel, sample $i, has tangent zero, and the kernel is locally constant',
    ({kernel: name, i, sample}) => {
      tf.tidy(() => {
        const kernel = new SampledKernel(name, sample);
        const inputs = Object.keys(kernel.inputs);
        const shifts = Object.fromEntries(
          inputs.map(input => [input, directionOf(kernel.inputs[input]!, name, i, input)]),
        );
        expect(kernel.moving).toEqual([]);
        expect(kernel.push(inputs, shifts).every(tangent => tangent === null)).toBe(true);
        const nearby = Object.entries(kernel.inputs).map(([input, x]): [string, Tensor] => [
          input,
          x.dtype === 'float32' ? tf.add(x, tf.mul(shifts[input]!, REACH)) : x,
        ]);
        const [before, after] = [kernel.run()[0]!, kernel.run(Object.fromEntries(nearby))[0]!];
        expect(after.dataSync()).toEqual(before.dataSync());
      });
    },
  );
});
