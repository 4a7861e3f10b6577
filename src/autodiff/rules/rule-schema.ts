import type {GenericSchema} from 'valibot';
import {optional, union} from 'valibot';
import {mustBe} from '../../arguments/check.js';
import {functionThat, isSynchronous, listOf, oneOf, text, that} from '../../arguments/kinds.js';
import {isRecord, optionsOf} from '../../arguments/options.js';
import type {KernelRule} from './rule.js';
import type {VmapRules} from './runner.js';

const INPUTS = "'all' or a list of the inputs' names";

/** Inputs of a kernel, by name. */
export const inputsSchema: GenericSchema<'all' | readonly string[]> = union(
  [that<'all'>(value => value === 'all', INPUTS), listOf(text("an input's name"), INPUTS, 1)],
  mustBe(INPUTS),
);

export const vmapSchema = that<VmapRules>(
  value => isSynchronous(value) || (isRecord(value) && Object.values(value).every(isSynchronous)),
  'a function, or an object with one for each input that may be lifted alone',
);

/** A row of the rule table. */
export const ruleSchema = optionsOf<KernelRule>(
  'a rule',
  'a part',
)({
  differentiable: inputsSchema,
  kind: oneOf(['linear', 'bilinear', 'elementwise', 'composite', 'constant']),
  linearize: functionThat<KernelRule['linearize']>('a function (call, active) => push'),
  jet: optional(functionThat<NonNullable<KernelRule['jet']>>('a function (call, jets) => jets')),
  vmap: optional(vmapSchema),
}).schema;
