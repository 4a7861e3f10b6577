import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {optional} from 'valibot';
import {check} from '../../arguments/check.js';
import {flag, functionThat, listOf, text} from '../../arguments/kinds.js';
import {optionsOf} from '../../arguments/options.js';
import {plainKernel} from '../../kernels/fused-kernels.js';
import type {Attributes} from '../../tfjs-internals/core/engine.js';
import {combine} from './jet-arithmetic.js';
import type {Jet, KernelCall, KernelRule, LinearMap, Push} from './rule.js';
import {inputsSchema, vmapSchema} from './rule-schema.js';
import type {Runner, VmapRules} from './runner.js';
import {single} from './runner.js';
import {asPush, scaling} from './scaling.js';

// Constructors for rules. `dx` is a tangent; ẋ and ẍ are the coefficients of a jet.

/** y is piecewise constant (comparisons, rounding): dy = 0. */
export const constant: KernelRule = {
  kind: 'constant',
  differentiable: [],
  linearize: () => () => [],
  jet: () => [],
};

const inputName = text("an input's name");

/** Options of {@link linear}. */
export interface LinearArgs<Attrs extends object = Attributes> {
  /** The map of the tangents; by default the kernel itself, run on the tangents. */
  readonly map?: (call: KernelCall<Attrs>) => LinearMap;
  /** The attributes that the kernel is run with on tangents; by default those of the call. */
  readonly attrs?: (attrs: Attrs) => object;
  readonly vmap?: VmapRules<Attrs>;
}

const linearArgs = optionsOf<LinearArgs>('linear()')({
  map: optional(functionThat<NonNullable<LinearArgs['map']>>('a function of the call')),
  attrs: optional(functionThat<NonNullable<LinearArgs['attrs']>>("a function of the kernel's attributes")),
  vmap: optional(vmapSchema),
});

/** y is jointly linear in the named inputs: dy = A dx, ẏ = A ẋ, ÿ = A ẍ. */
export function linear<Attrs extends object = Attributes>(
  inputs: 'all' | readonly string[],
  args?: LinearArgs<Attrs>,
): KernelRule<Attrs>;
export function linear(inputs: 'all' | readonly string[], args?: LinearArgs): KernelRule {
  check('inputs', inputsSchema, inputs);
  const {map, attrs, vmap} = linearArgs(args);
  const prepare = map ?? (call => runOnTangents(call, inputs, attrs?.(call.attrs) ?? call.attrs));
  return {
    kind: 'linear',
    differentiable: inputs,
    linearize: prepare,
    jet(call, jets) {
      const push = asPush(prepare(call));
      const [first, second] = (['first', 'second'] as const).map(order => {
        const tangents = coefficients(jets, order);
        return tangents && asList(push(tangents, single));
      });
      return (first ?? second ?? []).map((_, i) => ({first: first?.[i] ?? null, second: second?.[i] ?? null}));
    },
    ...(vmap && {vmap}),
  };
}

/** Runs the kernel itself on the tangents; a linear input without a tangent is zero. */
function runOnTangents(call: KernelCall, linearInputs: 'all' | readonly string[], attrs: object): Push {
  const isLinear = (name: string) => linearInputs === 'all' || linearInputs.includes(name);
  const others = Object.fromEntries(
    call.inputNames.filter(name => !isLinear(name)).map(name => [name, call.hold(name)]),
  );
  // Not memoized: a memo made by the first push would stay allocated.
  const zero = (name: string) => tf.fill([...call.shape(name)], 0);
  return (tangents, runner) => {
    const inputs: Record<string, Tensor> = {};
    for (const name of call.inputNames) inputs[name] = tangents[name] ?? others[name] ?? zero(name);
    return runner.run(call.kernel, inputs, Object.keys(tangents), attrs);
  };
}

/** Options of {@link bilinear}. */
export interface BilinearArgs<Attrs extends object = Attributes> {
  /** The product a ∘ b; by default the kernel itself. A fused kernel, which also adds a bias, needs its own product. */
  readonly product?: (
    call: KernelCall<Attrs>,
    operands: Record<string, Tensor>,
    lifted: readonly string[],
    runner: Runner,
  ) => Tensor;
  /** Inputs that are added to the product; default `[]`. */
  readonly plus?: readonly string[];
  /** Whether the product is element by element; default false. */
  readonly scales?: boolean;
  readonly vmap?: VmapRules<Attrs>;
}

const bilinearArgs = optionsOf<BilinearArgs>('bilinear()')({
  product: optional(
    functionThat<NonNullable<BilinearArgs['product']>>('a function (call, operands, lifted, runner) => tensor'),
  ),
  plus: optional(listOf(inputName, "a list of the inputs' names"), []),
  scales: optional(flag(), false),
  vmap: optional(vmapSchema),
});

/** y = a ∘ b (+ c), linear in each: dy = da ∘ b + a ∘ db (+ dc); ÿ = ä ∘ b + 2 ȧ ∘ ḃ + a ∘ b̈ (+ c̈). */
export function bilinear<Attrs extends object = Attributes>(
  a: string,
  b: string,
  args?: BilinearArgs<Attrs>,
): KernelRule<Attrs>;
export function bilinear(a: string, b: string, args?: BilinearArgs): KernelRule {
  check('a', inputName, a);
  check('b', inputName, b);
  const {product = kernelItself, plus, scales, vmap} = bilinearArgs(args);
  return {
    kind: 'bilinear',
    differentiable: [a, b, ...plus],
    linearize(call, active) {
      if (active.includes(a)) call.hold(b);
      if (active.includes(b)) call.hold(a);
      for (const name of call.inputNames) {
        if (name !== a && name !== b && !plus.includes(name)) call.hold(name);
      }
      if (scales && active.length === 1) {
        const [input] = active as [string];
        const factor = call.hold(input === a ? b : a);
        const shape = call.outputShape() as number[];
        if ([factor.shape, call.shape(input) as number[]].every(s => tf.util.arraysEqual(s, shape))) {
          return scaling(input, factor);
        }
      }
      return (tangents, runner) => {
        const terms: Tensor[] = [];
        const da = tangents[a];
        const db = tangents[b];
        if (da !== undefined) terms.push(product(call, {[a]: da, [b]: call.hold(b)}, [a], runner));
        if (db !== undefined) terms.push(product(call, {[a]: call.hold(a), [b]: db}, [b], runner));
        for (const name of plus) {
          if (tangents[name] !== undefined) terms.push(tangents[name]);
        }
        return sumTo(call.outputShape(), terms, runner);
      };
    },
    jet(call, jets) {
      const x = jets[a];
      const z = jets[b];
      const times = (u: Tensor, v: Tensor) => product(call, {[a]: u, [b]: v}, [a, b], single);
      const first = [
        x?.first && times(x.first, call.peek(b)),
        z?.first && times(call.peek(a), z.first),
        ...plus.map(name => jets[name]?.first),
      ];
      const second = [
        x?.second && times(x.second, call.peek(b)),
        x?.first && z?.first && tf.mul(times(x.first, z.first), 2),
        z?.second && times(call.peek(a), z.second),
        ...plus.map(name => jets[name]?.second),
      ];
      return [{first: combine(first, call.outputShape()), second: combine(second, call.outputShape())}];
    },
    ...(vmap && {vmap}),
  };
}

/** y = a ∘ b + bias by one fused kernel: the product is that of the plain kernel. */
export function fused(a: string, b: string): KernelRule {
  return bilinear(a, b, {
    plus: ['bias'],
    product: (call, operands, lifted, runner) => {
      const {kernel, attrs} = plainKernel(call.kernel, call.attrs)!;
      return runner.run(kernel, operands, lifted, attrs)[0]!;
    },
  });
}

/** Runs the kernel on the given operands and on its other inputs as recorded. */
function kernelItself(
  call: KernelCall,
  operands: Record<string, Tensor>,
  lifted: readonly string[],
  runner: Runner,
): Tensor {
  const inputs: Record<string, Tensor> = {};
  for (const name of call.inputNames) inputs[name] = operands[name] ?? call.hold(name);
  return runner.run(call.kernel, inputs, lifted, call.attrs)[0]!;
}

/** A derivative of y = f(x), element by element. The caller owns the returned tensor. */
export type Derivative<Attrs extends object = Attributes> = (x: Tensor, y: Tensor, attrs: Attrs) => Tensor;

/** Options of {@link elementwise}. */
export interface ElementwiseArgs<Attrs extends object = Attributes> {
  /** The name of the input x; default `'x'`. */
  readonly input?: string;
  /** f″(x), from x and y; leave it out if it is zero. */
  readonly second?: Derivative<Attrs>;
}

const elementwiseArgs = optionsOf<ElementwiseArgs>('elementwise()')({
  input: optional(inputName, 'x'),
  second: optional(functionThat<NonNullable<ElementwiseArgs['second']>>('a function (x, y, attrs) => tensor')),
});

const derivativeSchema = functionThat<Derivative>('a function (x, y, attrs) => tensor');

/** y = f(x), element by element: dy = f′(x) dx; ÿ = f′(x) ẍ + f″(x) ẋ². */
export function elementwise<Attrs extends object = Attributes>(
  derivative: Derivative<Attrs>,
  args?: ElementwiseArgs<Attrs>,
): KernelRule<Attrs>;
export function elementwise(derivative: Derivative, args?: ElementwiseArgs): KernelRule {
  check('derivative', derivativeSchema, derivative);
  const {input, second} = elementwiseArgs(args);
  const slopeOf = (call: KernelCall) => {
    const make = () => derivative(call.peek(input), call.peekOutput(), call.attrs);
    return second ? call.memo("f'", make) : call.constant("f'", make);
  };
  return {
    kind: 'elementwise',
    differentiable: [input],
    linearize(call) {
      return scaling(input, slopeOf(call));
    },
    jet(call, jets) {
      const {first: dx, second: ddx} = jets[input]!;
      const x = call.peek(input);
      const y = call.peekOutput();
      const slope = slopeOf(call);
      const bend = second && dx ? tf.mul(second(x, y, call.attrs), tf.square(dx)) : null;
      return [
        {
          first: dx && tf.mul(slope, dx),
          second: combine([ddx && tf.mul(slope, ddx), bend], call.outputShape()),
        },
      ];
    },
  };
}

/**
 * dy = Σ (∂f/∂xᵢ) ∘ dxᵢ, element by element. The slopes are computed once.
 *
 * @param slopes the slope in each active input, by name; an input without a slope has slope 1.
 */
export function sumOfSlopes<Attrs extends object>(
  call: KernelCall<Attrs>,
  active: readonly string[],
  slopes: Readonly<Record<string, () => Tensor>>,
): Push {
  const terms = active.map(name => [name, slopes[name] && call.memo(`∂${name}`, slopes[name])] as const);
  const term = (dx: Tensor, slope: Tensor | undefined, runner: Runner) =>
    slope === undefined ? dx : runner.run('Multiply', {a: dx, b: slope}, ['a'])[0]!;
  return (tangents, runner) =>
    sumTo(
      call.outputShape(),
      terms.map(([name, slope]) => term(tangents[name]!, slope, runner)),
      runner,
    );
}

/** dy = Σ weights ∘ dx over some axes of x. */
export function weightedSum<Attrs extends object>(
  call: KernelCall<Attrs>,
  axes: readonly number[],
  weights: Tensor,
): Push {
  return ({x}, runner) => {
    const summed = tf.sum(tf.mul(x!, weights), runner.probes === null ? [...axes] : axes.map(axis => axis + 1));
    return tf.reshape(summed, runner.shape(call.outputShape()));
  };
}

/** The sum of tangents, broadcast to the shape of their value. */
export function sumTo(shape: readonly number[], terms: readonly Tensor[], runner: Runner): Tensor {
  const sum = terms.reduce((a, b) => addTangents(a, b, runner));
  const full = runner.shape(shape);
  if (tf.util.arraysEqual(sum.shape, full)) return terms.length === 1 ? sum.clone() : sum;
  if (runner.probes === null) return tf.broadcastTo(sum, full);
  const aligned = [runner.probes, ...Array<number>(full.length - sum.rank).fill(1), ...sum.shape.slice(1)];
  return tf.broadcastTo(tf.reshape(sum, aligned), full);
}

function addTangents(a: Tensor, b: Tensor, runner: Runner): Tensor {
  if (runner.probes !== null) return runner.run('Add', {a, b}, ['a', 'b'])[0]!;
  const [image, bias] = a.rank >= b.rank ? [a, b] : [b, a];
  const channels = image.shape.at(-1)!;
  if (image.rank < 3 || bias.rank !== 1 || bias.shape[0] !== channels) return tf.add(a, b);
  // Engines add a short row to many rows slowly and a long row to few rows fast, so the bias is repeated first.
  const count = repetitions(image.size / channels, channels);
  const rows = tf.add(tf.reshape(image, [-1, count * channels]), tf.tile(bias, [count]));
  return tf.reshape(rows, image.shape);
}

/** A long row has at least this many numbers. */
const LONG_ROW = 4096;

/** How often a row of `channels` numbers is repeated: a divisor of the number of rows. */
function repetitions(rows: number, channels: number): number {
  let count = Math.min(rows, Math.ceil(LONG_ROW / channels));
  while (rows % count !== 0) count++;
  return count;
}

export function asList(tensors: Tensor | readonly Tensor[]): readonly Tensor[] {
  return Array.isArray(tensors) ? (tensors as readonly Tensor[]) : [tensors as Tensor];
}

/** The coefficients of one order; `null` if all are zero. */
function coefficients(jets: Readonly<Record<string, Jet>>, order: keyof Jet): Record<string, Tensor> | null {
  const entries = Object.entries(jets).flatMap(([name, jet]) => (jet[order] ? [[name, jet[order]] as const] : []));
  return entries.length > 0 ? Object.fromEntries(entries) : null;
}
