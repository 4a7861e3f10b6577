// The entry point `tfjs-hessian/rules`: differentiation rules for kernels.
export type {Jet, KernelCall, KernelRule, LinearMap, Push, Scaling, Tangents} from './autodiff/rules/rule.js';
export type {BilinearArgs, Derivative, ElementwiseArgs, LinearArgs} from './autodiff/rules/rule-constructors.js';
export {bilinear, constant, elementwise, linear} from './autodiff/rules/rule-constructors.js';
export {registerTangentRule} from './autodiff/rules/rule-table.js';
export type {KernelInputs, Runner, VmapRule, VmapRules} from './autodiff/rules/runner.js';
export type {Attributes} from './tfjs-internals/core/engine.js';
