import type {GenericIssue, GenericSchema, InferInput, InferOutput, ObjectEntries} from 'valibot';
import {custom, pipe, safeParse, strictObject} from 'valibot';
import {check, isUnknownName, mustBe} from './check.js';
import {nearestName} from './nearest-name.js';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? unknown : never) : never;

/** Requires a schema for each option of an interface and no other, of the type that the interface declares. */
type Fits<Args, Entries extends ObjectEntries> = {
  readonly [Name in keyof Args]-?: Name extends keyof Entries
    ? Same<Exclude<Args[Name], undefined>, Exclude<InferInput<Entries[Name]>, undefined>>
    : never;
} & {readonly [Name in Exclude<keyof Entries, keyof Args>]: never};

type Checked<Entries extends ObjectEntries> = {
  readonly [Name in keyof Entries as undefined extends InferOutput<Entries[Name]> ? never : Name]: InferOutput<
    Entries[Name]
  >;
} & {
  readonly [Name in keyof Entries as undefined extends InferOutput<Entries[Name]> ? Name : never]?: Exclude<
    InferOutput<Entries[Name]>,
    undefined
  >;
};

/** Checks the options of a function or class and fills in the defaults. */
export interface Options<Args, Entries extends ObjectEntries> {
  /** @throws InvalidArgumentError for an unknown name, a wrong type, or a number out of range. */
  (args: Args | undefined): Checked<Entries>;
  readonly entries: Entries;
  /** The schema, for options within options. */
  readonly schema: GenericSchema<Args, Checked<Entries>>;
}

/**
 * Declares the options of a function or class: a schema for each option, with its default. The compiler holds that they fit
 * the interface.
 *
 * An option that is `undefined` counts as not given.
 *
 * @param owner the function or class in messages.
 * @param word what a message calls an option.
 * @example
 * const traceArgs = optionsOf<TraceArgs>('trace()')({probes: optional(wholeNumber(), 16)});
 * const {probes} = traceArgs(args);
 */
export function optionsOf<Args extends object>(owner: string, word = 'an option') {
  return <const Entries extends ObjectEntries>(entries: Entries & Fits<Args, Entries>): Options<Args, Entries> => {
    const names = Object.keys(entries);
    const notRecord = mustBe(names.length === 0 ? 'left out' : `an object, {${names.slice(0, 3).join(', ')}}`);
    const object = strictObject(entries as Entries, (issue: GenericIssue) => {
      if (isUnknownName(issue))
        return unknownOption(`"${String(issue.input)}" is not ${word} of ${owner}`, names, issue);
      return missing(entries, issue);
    });
    // valibot also takes lists, maps and promises for objects.
    const schema = pipe(custom(isRecord, notRecord), object as GenericSchema) as GenericSchema<Args, Checked<Entries>>;
    const checkAll = (args: Args | undefined): Checked<Entries> =>
      withoutUndefined(check(`The argument of ${owner}`, schema, args === undefined ? {} : args) as object);
    return Object.assign(checkAll, {entries: entries as Entries, schema}) as Options<Args, Entries>;
  };
}

function withoutUndefined<T>(args: object): T {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined)) as T;
}

function unknownOption(complaint: string, names: readonly string[], {input}: GenericIssue): string {
  if (names.length === 0) return `${complaint}, which has none.`;
  const nearest = nearestName(String(input), names);
  return nearest === null
    ? `${complaint}; there are: ${names.join(', ')}.`
    : `${complaint}; did you mean "${nearest}"?`;
}

/** The message for a missing option: that of its own rule. */
export function missing(entries: ObjectEntries, {path}: GenericIssue): string {
  const option = entries[String(path?.at(-1)?.key)] as GenericSchema;
  return safeParse(option, undefined).issues![0].message;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}
