// The kinds of arguments: a schema for each, whose message is its rule.
import type {GenericSchema} from 'valibot';
import {array, custom, nullable, pipe} from 'valibot';
import {mustBe} from './check.js';

/** A value that passes a test. */
export function that<T>(is: (value: unknown) => boolean, rule: string): GenericSchema<T> {
  return custom<T>(is, mustBe(rule));
}

export function wholeNumber(least = 1, most = Number.POSITIVE_INFINITY): GenericSchema<number> {
  const range = most === Number.POSITIVE_INFINITY ? `of at least ${least}` : `from ${least} to ${most}`;
  return that(value => Number.isSafeInteger(value) && isWithin(value, least, most), `a whole number ${range}`);
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return (value as number) >= least && (value as number) <= most;
}

export function finiteNumber(): GenericSchema<number> {
  return that(Number.isFinite, 'a finite number');
}

export function positiveNumber(example = ''): GenericSchema<number> {
  return that(value => isPositive(value), `a positive number${example}`);
}

function isPositive(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) > 0;
}

/** A finite number of at least `least`. */
export function numberFrom(least: number): GenericSchema<number> {
  return that(value => Number.isFinite(value) && (value as number) >= least, `a finite number of at least ${least}`);
}

export function flag(): GenericSchema<boolean> {
  return that(value => typeof value === 'boolean', 'true or false');
}

export function text(rule = 'a string that is not empty'): GenericSchema<string> {
  return that(isText, rule);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

export function oneOf<const T extends string>(allowed: readonly T[]): GenericSchema<T> {
  return that(
    value => (allowed as readonly unknown[]).includes(value),
    `one of ${allowed.map(item => `'${item}'`).join(', ')}`,
  );
}

/** A synchronous function: neither async, since its promise would count as a result, nor a class. */
export function functionThat<F>(rule: string): GenericSchema<F> {
  return that(isSynchronous, rule);
}

export function isSynchronous(value: unknown): boolean {
  return isCallable(value) && !isTagged(value, 'AsyncFunction');
}

/** A function that may be async. */
export function functionOrAsync<F>(rule: string): GenericSchema<F> {
  return that(isCallable, rule);
}

function isCallable(value: unknown): boolean {
  return (
    typeof value === 'function' &&
    !isTagged(value, 'GeneratorFunction') &&
    !isTagged(value, 'AsyncGeneratorFunction') &&
    !/^class\b/.test(Function.prototype.toString.call(value))
  );
}

function isTagged(value: unknown, tag: string): boolean {
  return Object.prototype.toString.call(value) === `[object ${tag}]`;
}

/** An object with certain methods. */
export function withMethods<T>(methods: readonly string[], rule: string): GenericSchema<T> {
  return that(value => hasMethods(value, methods), rule);
}

export function hasMethods(value: unknown, methods: readonly string[]): boolean {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject && methods.every(name => typeof (value as Record<string, unknown>)[name] === 'function');
}

export function abortSignal(): GenericSchema<AbortSignal> {
  return withMethods(['throwIfAborted', 'addEventListener'], "an AbortSignal, such as an AbortController's");
}

/**
 * A list, which is copied.
 *
 * @param least the least number of entries.
 */
export function listOf<T, U>(item: GenericSchema<T, U>, rule: string, least = 0): GenericSchema<readonly T[], U[]> {
  const list = that<readonly T[]>(value => Array.isArray(value) && value.length >= least, rule);
  return pipe(list, array(item));
}

export function orNull<T, U>(schema: GenericSchema<T, U>): GenericSchema<T | null, U | null> {
  return nullable(schema);
}
