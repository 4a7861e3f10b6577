import type {GenericIssue, GenericSchema, InferInput, InferOutput, ObjectEntries} from 'valibot';
import {custom, looseObject, pipe} from 'valibot';
import {mustBe} from './check.js';
import {isRecord, missing} from './options.js';

/** Requires a schema for each field of `T` and no other. It must accept all values of the field and return nothing else. */
type FitsRecord<T, Entries extends ObjectEntries> = {
  readonly [Name in keyof T]-?: Name extends keyof Entries
    ? [T[Name], InferOutput<Entries[Name]>] extends [InferInput<Entries[Name]>, T[Name]]
      ? unknown
      : never
    : never;
} & {readonly [Name in Exclude<keyof Entries, keyof T>]: never};

/**
 * The schema of a record from a file, another thread or a user: one entry per field, typed against `T`.
 *
 * Further fields are accepted, because a later version may add some.
 *
 * @param rule what a message says that the record must be.
 * @example
 * const ritzValue = recordOf<RitzValue>('an eigenvalue, {value, residual}')({value: finiteNumber(), residual: numberFrom(0)});
 */
export function recordOf<T>(rule: string) {
  return <const Entries extends ObjectEntries>(entries: Entries & FitsRecord<T, Entries>): GenericSchema<T> => {
    const object = looseObject(entries as Entries, (issue: GenericIssue) => missing(entries, issue));
    const record: GenericSchema = pipe(custom(isRecord, mustBe(rule)), object as GenericSchema);
    return record as GenericSchema<T>;
  };
}
