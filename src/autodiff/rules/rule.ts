import type {Tensor} from '@tensorflow/tfjs-core';
import type {Attributes} from '../../tfjs-internals/core/engine.js';
import type {Runner, VmapRules} from './runner.js';

/** One run of a kernel, as its rule sees it. */
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
  /** An input's value, to look at now: it may be gone when a product is taken. */
  peek(input: string): Tensor;
  /** An output's value, to look at now, as `peek` gives an input's; by default that of the first. */
  peekOutput(index?: number): Tensor;
  /** An input's value, kept for the products. */
  hold(input: string): Tensor;
  /** A tensor computed once, from values that are only peeked at, and kept for the products. */
  memo(key: string, make: () => Tensor): Tensor;
  /** What identifies an input's value among all that were recorded. */
  valueId(input: string): number;
  /** What identifies an output's value among all that were recorded; by default that of the first. */
  outputId(index?: number): number;
  /** A constant that calls share which ask for the same key: it should name the values that it is made of. */
  shared(key: string, make: () => Tensor): Tensor;
  /** A memo that does not change where the values move a little (a mask, an argmax): no gradient flows through it. */
  constant(key: string, make: () => Tensor): Tensor;
}

/** Tangents of a call's inputs, by name; one that is zero is left out. */
export type Tangents = Readonly<Record<string, Tensor>>;

/** From the inputs' tangents to the outputs'. The caller owns what it returns and disposes of what it makes on the way. */
export type Push = (tangents: Tangents, runner: Runner) => Tensor | readonly Tensor[];

/**
 * A linear map in which the tangent is multiplied, element by element, by a factor that does not depend on it.
 *
 * Two such maps in a row that meet at their factors need one multiplication, not two: on large activations that is what a
 * product with the Hessian costs.
 */
export interface Scaling {
  /** The one input with a tangent. */
  readonly input: string;
  /** Of the same shape as the value whose tangent it multiplies. */
  readonly factor: Tensor;
  /** Which tangent the factor multiplies: the input's, the output's, or both where there is nothing else to the map. */
  readonly side: 'input' | 'output' | 'both';
  /** The map with a factor in the factor's place. */
  readonly push: (factor: Tensor) => Push;
}

/** What a rule gives for its kernel. */
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
