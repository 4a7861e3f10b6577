import {check} from '../arguments/check.js';
import {text} from '../arguments/kinds.js';
import type {Attributes} from '../tfjs-internals/core/engine.js';
import type {KernelRule} from './rule.js';
import {ruleSchema} from './rule-schema.js';
import {arithmeticRules} from './rules/arithmetic.js';
import {convolutionRules} from './rules/convolution.js';
import {depthwiseRules} from './rules/depthwise.js';
import {elementwiseRules} from './rules/elementwise.js';
import {gatingRules} from './rules/gating.js';
import {indexingRules} from './rules/indexing.js';
import {localResponseRules} from './rules/local-response.js';
import {matrixProductRules} from './rules/matrix-product.js';
import {normalizationRules} from './rules/normalization.js';
import {poolingRules} from './rules/pooling.js';
import {productRules} from './rules/products.js';
import {reductionRules} from './rules/reduction.js';
import {resizingRules} from './rules/resizing.js';
import {shapeRules} from './rules/shape.js';

/** Every kernel that can be differentiated twice, by TensorFlow.js' name. */
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

/** Kernels whose rule a user has given. */
const taught = new Set<string>();

export function isTaught(kernelName: string): boolean {
  return taught.has(kernelName);
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
 * Teaches the package a kernel: one of your own, or one that it lacks. A rule for a kernel that has one replaces it.
 *
 * @returns what undoes it.
 * @throws InvalidArgumentError for what is no rule.
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
  const wasTaught = taught.has(kernelName);
  rules.set(kernelName, rule);
  taught.add(kernelName);
  return () => {
    if (!wasTaught) taught.delete(kernelName);
    if (before === undefined) rules.delete(kernelName);
    else rules.set(kernelName, before);
  };
}
