import type {GenericIssue, GenericSchema, InferOutput} from 'valibot';
import {safeParse} from 'valibot';
import {InvalidArgumentError} from '../errors.js';
import {show} from './show.js';

/** A placeholder in messages for the name of the argument, which a rule does not know. */
const NAME = '\uE000';

/** Makes the message of a rule: `steps is 0; it must be a whole number of at least 1.` */
export function mustBe(rule: string): (issue: {readonly input: unknown}) => string {
  return ({input}) => `${NAME} is ${show(input)}; it must be ${rule}.`;
}

/**
 * Checks a value and fills in the defaults.
 *
 * @param name the name of the value in messages; options have their own names.
 * @throws InvalidArgumentError if the value breaks a rule.
 */
export function check<S extends GenericSchema>(name: string, schema: S, value: unknown): InferOutput<S> {
  let result: ReturnType<typeof safeParse<GenericSchema>>;
  try {
    result = safeParse<GenericSchema>(schema, value);
  } catch (cause) {
    // A getter or a proxy of the user has thrown.
    throw new InvalidArgumentError(`${name} cannot be read: ${String(cause)}`, {cause});
  }
  if (!result.success) throw new InvalidArgumentError(messageOf(name, result.issues));
  return result.output as InferOutput<S>;
}

/** A misspelt option is reported before one that is missing because of it. */
function messageOf(name: string, issues: readonly GenericIssue[]): string {
  const {issue, path} = blamed(unknownName(issues) ?? issues[0]!);
  return issue.message.replace(NAME, () => path || name);
}

/** What a message is about: the value as a whole, or, if it is an object of options, the option that breaks its own rule. */
function blamed(issue: GenericIssue, before = ''): {readonly issue: GenericIssue; readonly path: string} {
  const path = pathOf(issue, before);
  const part = issue.issues?.find(isGiven);
  return part === undefined ? {issue, path} : blamed(part, path);
}

/** Whether an issue is about a part that is there: the value has several forms, and is meant as the one with this part. */
function isGiven({path}: GenericIssue): boolean {
  return path?.at(-1)?.value !== undefined;
}

function unknownName(issues: readonly GenericIssue[] = []): GenericIssue | undefined {
  return issues.find(isUnknownName) ?? issues.map(({issues: inner}) => unknownName(inner)).find(Boolean);
}

export function isUnknownName({type, expected}: GenericIssue): boolean {
  return type === 'strict_object' && expected === 'never';
}

function pathOf({path}: GenericIssue, before: string): string {
  return (path ?? []).reduce((whole, {key, type}) => {
    if (type === 'array') return `${whole}[${String(key)}]`;
    return whole === '' ? String(key) : `${whole}.${String(key)}`;
  }, before);
}
