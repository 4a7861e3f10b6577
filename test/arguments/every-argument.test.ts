// Every argument and option of every public function is spoilt in turn, by values of all kinds. The package's own types
// say which values are of another type; those must be an error of ours before any work begins.
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import * as dashboard from '../../src/dashboard.js';
import {InvalidArgumentError, TfjsHessianError} from '../../src/errors.js';
import * as index from '../../src/index.js';
import * as node from '../../src/node.js';
import * as sinks from '../../src/sinks.js';
import {useEngine} from '../engines.js';
import type {Fixture, Fixtures} from './fixtures.js';
import {makeFixtures, notForUsers} from './fixtures.js';
import {oddValues} from './odd-values.js';
import type {Callable, Field, ObjectType} from './public-types.js';
import {PublicTypes} from './public-types.js';

const types = new PublicTypes(['src/index.ts', 'src/sinks.ts', 'src/dashboard.ts', 'src/node.ts']);
const exported = [index, sinks, dashboard, node].flatMap(module => Object.keys(module));
/** What functions give back, and has functions that take arguments. */
const givenBack = ['NetworkOperator', 'SpectralDensity', 'AttachedRegularizer'];
const callables = [
  ...exported.flatMap(name => types.callables(name)),
  ...givenBack.flatMap(name => types.methods(name)),
].filter(({name, parameters}) => parameters.length > 0 && !notForUsers.some(pattern => pattern.test(name)));

type Odd = keyof typeof oddValues;
const odds = Object.keys(oddValues) as Odd[];

/** What has become of a call. */
interface Outcome {
  readonly kind: 'went well' | 'refused' | 'broke';
  readonly error?: Error;
  /** Kernels that ran. */
  readonly work: number;
}

let fixtures: Fixtures;
let kernels = 0;

beforeAll(async () => {
  await useEngine('cpu');
  fixtures = await makeFixtures();
  const engine = tf.engine();
  const {runKernel} = engine;
  vi.spyOn(engine, 'runKernel').mockImplementation((...args) => {
    kernels++;
    return runKernel.apply(engine, args);
  });
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

afterAll(() => {
  vi.restoreAllMocks();
  fixtures.dispose();
});

async function outcomeOf({call, undo}: Fixture, args: readonly unknown[]): Promise<Outcome> {
  const before = kernels;
  try {
    const result = await call(...(args as never[]));
    const work = kernels - before;
    await undo?.(result as never);
    return {kind: 'went well', work};
  } catch (error) {
    const kind = error instanceof TfjsHessianError && error.message.length > 0 ? 'refused' : 'broke';
    return {kind, error: error as Error, work: kernels - before};
  }
}

/** The arguments with another value for an option. */
function withOption(
  {args, nested = {}}: Fixture,
  position: number,
  path: readonly string[],
  name: string,
  value: unknown,
): unknown[] {
  const put = (object: unknown, rest: readonly string[], at: readonly string[]): object => {
    const [next, ...further] = rest;
    const base = (object ?? nested[at.join('.')] ?? {}) as Record<string, unknown>;
    if (next === undefined) return {...base, [name]: value};
    const inner = isPlain(base[next]) ? base[next] : undefined;
    return {...base, [next]: put(inner, further, [...at, next])};
  };
  return args.map((arg, i) => (i === position ? put(arg, path, []) : arg));
}

function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Every place where a value can be put. */
interface Place {
  readonly name: string;
  readonly types: Callable['parameters'][number]['types'];
  readonly isOptional: boolean;
  with(fixture: Fixture, value: unknown): unknown[];
}

function placesOf({name, parameters}: Callable): Place[] {
  return parameters.flatMap((parameter, position) => [
    {
      name: `${name}(${parameter.name})`,
      types: parameter.types,
      isOptional: parameter.isOptional,
      with: ({args}: Fixture, value: unknown) => args.map((arg, i) => (i === position ? value : arg)),
    },
    ...types.objects(parameter.types).flatMap(({path, fields}) =>
      fields.map(field => ({
        name: `${name}(${[...path, field.name].join('.')})`,
        types: [field.type],
        isOptional: field.isOptional,
        with: (fixture: Fixture, value: unknown) => withOption(fixture, position, path, field.name, value),
      })),
    ),
  ]);
}

describe('every public function, class and method', () => {
  it('has a call that works here', async () => {
    const missing = callables.filter(({name}) => fixtures.of[name] === undefined).map(({name}) => name);
    expect(missing).toEqual([]);
    for (const [name, fixture] of Object.entries(fixtures.of)) {
      expect(callables.map(each => each.name)).toContain(name);
      if (fixture.mustNotRun) continue;
      const {kind, error} = await outcomeOf(fixture, fixture.args);
      expect([name, kind, error?.message]).toEqual([name, 'went well', undefined]);
    }
  });

  it('refuses every value of another type, before any work, by an error of ours', async () => {
    const wrong: string[] = [];
    let count = 0;
    for (const callable of callables) {
      const fixture = fixtures.of[callable.name]!;
      for (const place of placesOf(callable)) {
        for (const odd of odds) {
          if (place.isOptional && odd === 'undefined') continue;
          if (types.takes(place.types, odd) || isFunctionInPlace(place, odd)) continue;
          const {kind, work, error} = await outcomeOf(fixture, place.with(fixture, oddValues[odd]));
          count++;
          if (kind !== 'refused' || work > 0) wrong.push(`${place.name} = ${odd} ${kind}: ${error?.message} (${work} kernels)`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(4000);
  });
});

/** What a function returns is not known before it is called. */
function isFunctionInPlace(place: Place, odd: Odd): boolean {
  return typeof oddValues[odd] === 'function' && odd !== 'class' && types.takesFunctions(place.types);
}
