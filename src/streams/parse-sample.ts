import {InvalidArgumentError} from '../errors.js';
import type {HessianSample} from './hessian-sample.js';

/** Says what is wrong with a value, or nothing. */
type Shape = (value: unknown, path: string) => string | null;

/**
 * A sample from its JSON. Fields that it does not know are let through: what a later version adds is no mistake.
 *
 * @throws InvalidArgumentError for what is not the JSON of a sample of schema 1; the message says what and where.
 */
export function parseSample(json: string): HessianSample {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${(error as Error).message}.`, {cause: error});
  }
  const schema = (value as {schema?: unknown} | null)?.schema;
  if (schema !== 1 && typeof schema === 'number') {
    throw new InvalidArgumentError(
      `It has schema ${schema}, and this version of tfjs-hessian reads schema 1; update it.`,
    );
  }
  const complaint = sample(value, '');
  if (complaint !== null) throw new InvalidArgumentError(`It is not a sample: ${complaint}.`);
  return value as HessianSample;
}

const number: Shape = (value, path) => (typeof value === 'number' ? null : `${path} is not a number`);
const string: Shape = (value, path) => (typeof value === 'string' ? null : `${path} is not a string`);
const one: Shape = (value, path) => (value === 1 ? null : `${path} is not 1`);

function nullable(shape: Shape): Shape {
  return (value, path) => (value === null ? null : shape(value, path));
}

function list(shape: Shape): Shape {
  return (value, path) => {
    if (!Array.isArray(value)) return `${path} is not a list`;
    return first(value.entries(), ([i, each]) => shape(each, `${path}[${i}]`));
  };
}

function dictionary(shape: Shape): Shape {
  return (value, path) =>
    isObject(value)
      ? first(Object.entries(value), ([key, each]) => shape(each, `${path}[${JSON.stringify(key)}]`))
      : `${path} is not an object`;
}

function record(fields: Readonly<Record<string, Shape>>): Shape {
  return (value, path) =>
    isObject(value)
      ? first(Object.entries(fields), ([key, shape]) => shape(value[key], path === '' ? key : `${path}.${key}`))
      : `${path || 'it'} is not an object`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first complaint. */
function first<T>(items: Iterable<T>, complain: (item: T) => string | null): string | null {
  for (const item of items) {
    const complaint = complain(item);
    if (complaint !== null) return complaint;
  }
  return null;
}

const estimate = record({value: number, standardError: nullable(number), probes: number});
const ritzValues = list(record({value: number, residual: number}));
const block = {
  parameters: number,
  trace: estimate,
  frobenius: estimate,
  largest: ritzValues,
  smallest: ritzValues,
  density: record({nodes: list(list(number)), weights: list(list(number))}),
  negativeMass: estimate,
};
const sample = record({
  schema: one,
  run: string,
  index: number,
  epoch: number,
  batch: nullable(number),
  step: number,
  time: string,
  loss: number,
  batchSize: number,
  learningRate: nullable(number),
  full: record(block),
  layers: list(
    record({
      ...block,
      name: string,
      index: number,
      className: string,
      similarity: record({wasserstein: number, jensenShannon: number}),
    }),
  ),
  weightNorms: dictionary(number),
  cost: record({gradientPasses: number, milliseconds: number, shareOfTraining: number}),
});
