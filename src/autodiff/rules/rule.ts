import type {Tensor} from '@tensorflow/tfjs-core';
import type {Attributes} from '../../tfjs-internals/core/engine.js';
import type {Runner, VmapRules} from './runner.js';

/** One call of a kernel, as its rule sees it. */
export interface KernelCall<Attrs extends object = Attributes> {
  /** The kernel's name. */
  readonly kernel: string;
  /** The kernel's attributes. */
  readonly attrs: Attrs;
  /** The inputs that were given, in the kernel's order. */
  readonly inputNames: readonly string[];
  /** An input's shape. */
  shape(input: string): readonly number[];
  /** An output's shape; by default that of the first. */
  outputShape(index?: number): readonly number[];
  /** An input's value, for use now: it may be disposed of before the next push. */
  peek(input: string): Tensor;
  /** An output's value, for use now; by default that of the first. */
  peekOutput(index?: number): Tensor;
  /** An input's value, kept for all pushes. */
  hold(input: string): Tensor;
  /** A tensor that is computed once, from peeked values, and kept for all pushes. */
  memo(key: string, make: () => Tensor): Tensor;
  /** The number of an input's value in the recording. */
  valueId(input: string): number;
  /** The number of an output's value in the recording; by default that of the first. */
  outputId(index?: number): number;
  /** A constant that all calls with the same key share; the key should contain the numbers of the values it depends on. */
  shared(key: string, make: () => Tensor): Tensor;
  /** A memo that is locally constant (a mask, an argmax): no gradient flows through it. */
  constant(key: string, make: () => Tensor): Tensor;
}

/** Tangents of a call's inputs, by name; one that is zero is left out. */
export type Tangents = Readonly<Record<string, Tensor>>;

/** Maps the tangents of the inputs to those of the outputs. It runs in a tidy scope; the caller owns what it returns. */
export type Push = (tangents: Tangents, runner: Runner) => Tensor | readonly Tensor[];

/**
 * A linear map with a diagonal factor: the tangent is multiplied element by element by a tensor that does not depend on it.
 *
 * Adjacent diagonal factors are merged into one, which saves a multiplication. On large activations these multiplications
 * dominate the cost of a Hessian-vector product.
 */
export interface Scaling {
  /** The one input with a tangent. */
  readonly input: string;
  /** Has the shape of the value whose tangent it multiplies. */
  readonly factor: Tensor;
  /** Which tangent the factor multiplies: the input's, the output's, or both if the map consists of the factor alone. */
  readonly side: 'input' | 'output' | 'both';
  /** The map with another factor. */
  readonly push: (factor: Tensor) => Push;
}

/** The derivative of a kernel, as a rule returns it. */
export type LinearMap = Push | Scaling;

/** First and second derivative of a value along a line of weights; `null` is zero. */
export interface Jet {
  readonly first: Tensor | null;
  readonly second: Tensor | null;
}

/**
 * How a kernel is differentiated: a row of the rule table.
 *
 * `Attrs` is the type of the kernel's attributes. TensorFlow.js gives them without a type, so the rule declares it:
 * `KernelRule<LRNAttrs>`.
 */
export interface KernelRule<Attrs extends object = Attributes> {
  /** The inputs that its derivative can depend on. */
  readonly differentiable: 'all' | readonly string[];
  /** What the row is, for the table of what is supported. */
  readonly kind: 'linear' | 'bilinear' | 'elementwise' | 'composite' | 'constant';
  /**
   * First order: dy = Σ ∂f/∂xᵢ dxᵢ, for the inputs that have tangents. What does not depend on the tangents is computed
   * here, once.
   */
  linearize(call: KernelCall<Attrs>, active: readonly string[]): LinearMap;
  /**
   * Second order: ẏ and ÿ from ẋ and ẍ, made of kernels that TensorFlow.js can differentiate once more. Without it the
   * kernel cannot stand in a forward pass that is penalized.
   */
  readonly jet?: (call: KernelCall<Attrs>, jets: Readonly<Record<string, Jet>>) => readonly Jet[];
  /** How the kernel runs on many tangents at once; without it, on one after the other. */
  readonly vmap?: VmapRules<Attrs>;
}

/** Rules by kernel name, each with attributes of its own type. */
export type RuleFamily = Readonly<Record<string, KernelRule<never>>>;
