import {check} from '../../arguments/check.js';
import {text} from '../../arguments/kinds.js';
import type {Attributes} from '../../tfjs-internals/core/engine.js';
import {arithmeticRules} from './families/arithmetic.js';
import {convolutionRules} from './families/convolution.js';
import {depthwiseRules} from './families/depthwise.js';
import {elementwiseRules} from './families/elementwise.js';
import {gatingRules} from './families/gating.js';
import {indexingRules} from './families/indexing.js';
import {localResponseRules} from './families/local-response.js';
import {matrixProductRules} from './families/matrix-product.js';
import {normalizationRules} from './families/normalization.js';
import {poolingRules} from './families/pooling.js';
import {productRules} from './families/products.js';
import {reductionRules} from './families/reduction.js';
import {resizingRules} from './families/resizing.js';
import {shapeRules} from './families/shape.js';
import type {KernelRule} from './rule.js';
import {ruleSchema} from './rule-schema.js';

/** The rules, by kernel name. */
const rules = new Map<string, KernelRule<never>>(
  [
    arithmeticRules,
    convolutionRules,
    depthwiseRules,
    elementwiseRules,
    gatingRules,
    indexingRules,
    localResponseRules,
    matrixProductRules,
    normalizationRules,
    poolingRules,
    productRules,
    reductionRules,
    resizingRules,
    shapeRules,
  ].flatMap(family => Object.entries(family)),
);

/** Kernels whose rule comes from the user. */
const userRules = new Set<string>();

/** Whether the rule of a kernel comes from the user. */
export function hasUserRule(kernelName: string): boolean {
  return userRules.has(kernelName);
}

/** The kernel's rule. TensorFlow.js' attributes have no type; here they get the one that the rule declares. */
export function ruleOf(kernelName: string): KernelRule | undefined {
  return rules.get(kernelName) as KernelRule | undefined;
}

/** The kernels that have a rule, in alphabetical order. */
export function kernelsWithRules(): string[] {
  return [...rules.keys()].sort();
}

const kernelSchema = text("a kernel's name");

/**
 * Registers the rule of a kernel: your own kernel, or one of TensorFlow.js. An existing rule of the kernel is replaced.
 *
 * @param kernelName the name that the kernel is registered by in TensorFlow.js.
 * @param rule a rule, for example made by `linear`, `bilinear` or `elementwise`.
 * @returns undoes it.
 * @throws InvalidArgumentError if the rule is not valid.
 * @example
 * registerTangentRule('MyScale', linear(['x']));
 * @example
 * registerTangentRule<{slope: number}>('MyLeaky', elementwise((x, _y, {slope}) => tf.step(x, slope)));
 */
export function registerTangentRule<Attrs extends object = Attributes>(
  kernelName: string,
  rule: KernelRule<Attrs>,
): () => void {
  check('kernelName', kernelSchema, kernelName);
  check('rule', ruleSchema, rule);
  const before = rules.get(kernelName);
  const wasUserRule = userRules.has(kernelName);
  rules.set(kernelName, rule);
  userRules.add(kernelName);
  return () => {
    if (!wasUserRule) userRules.delete(kernelName);
    if (before === undefined) rules.delete(kernelName);
    else rules.set(kernelName, before);
  };
}
