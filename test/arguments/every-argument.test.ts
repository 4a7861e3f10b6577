// Every argument and option of every public function is spoilt in turn, by values of all kinds. The package's own types
// say which values are of another type; those must be an error of ours before any work begins.
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import * as cluster from '../../src/cluster.js';
import * as dashboard from '../../src/dashboard.js';
import {TfjsHessianError} from '../../src/errors.js';
import * as estimators from '../../src/estimators.js';
import * as index from '../../src/index.js';
import * as keras from '../../src/keras.js';
import * as metrics from '../../src/metrics.js';
import * as node from '../../src/node.js';
import * as rules from '../../src/rules.js';
import * as sinks from '../../src/sinks.js';
import {useEngine} from '../engines.js';
import type {Fixture, Fixtures} from './fixtures.js';
import {makeFixtures, notForUsers} from './fixtures.js';
import {oddValues} from './odd-values.js';
import type {Callable} from './public-types.js';
import {PublicTypes} from './public-types.js';

const modules = {index, estimators, keras, metrics, rules, sinks, dashboard, node, cluster};
const types = new PublicTypes(Object.keys(modules).map(name => `src/${name}.ts`));
const exported = new Set(Object.values(modules).flatMap(module => Object.keys(module)));
/** Interfaces of results that have methods with arguments. */
const givenBack = ['NetworkOperator', 'SpectralDensity', 'AttachedRegularizer'];
const callables = [
  ...[...exported].flatMap(name => types.callables(name)),
  ...givenBack.flatMap(name => types.methods(name)),
].filter(({name, parameters}) => parameters.length > 0 && !notForUsers.some(pattern => pattern.test(name)));

type Odd = keyof typeof oddValues;
const odds = Object.keys(oddValues) as Odd[];

/** The outcome of a call. */
interface Outcome {
  readonly kind: 'went well' | 'refused' | 'broke';
  readonly error?: Error;
  /** The number of kernels that ran. */
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

/** The arguments with one option replaced. */
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

/** Every argument and option of a call. */
interface Place {
  readonly name: string;
  readonly types: Callable['parameters'][number]['types'];
  readonly isOptional: boolean;
  with(fixture: Fixture, value: unknown): unknown[];
}

function placesOf({name, parameters}: Callable): Place[] {
  const known = parameters.slice(0, fixtures.of[name]!.args.length);
  return known.flatMap((parameter, position) => [
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
    expect(callables.filter(({name}) => fixtures.of[name] === undefined).map(({name}) => name)).toEqual([]);
    for (const {name, parameters} of callables) {
      expect([name, parameters.length]).toEqual([name, fixtures.of[name]!.args.length]);
    }
    for (const [name, fixture] of Object.entries(fixtures.of)) {
      if (fixture.mustNotRun) continue;
      const {kind, error} = await outcomeOf(fixture, fixture.args);
      expect([name, kind, error?.message]).toEqual([name, 'went well', undefined]);
    }
  });

  it('refuses every value of another type, before any work, with an error of this package', async () => {
    const wrong: string[] = [];
    let count = 0;
    for (const [fixture, place, odd] of spoilt()) {
      if (isAllowed(place, odd)) continue;
      const {kind, work, error} = await outcomeOf(fixture, place.with(fixture, oddValues[odd]));
      count++;
      if (kind !== 'refused' || work > 0)
        wrong.push(`${place.name} = ${odd} ${kind}: ${error?.message} (${work} kernels)`);
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(5000);
  });

  it('accepts a value of the right type, or refuses it with an error of this package', async () => {
    const wrong: string[] = [];
    const taken: Record<string, string> = {};
    for (const [fixture, place, odd] of spoilt()) {
      if (!isAllowed(place, odd) || fixture.mustNotRun) continue;
      const {kind, error} = await outcomeOf(fixture, place.with(fixture, oddValues[odd]));
      // `undefined` counts as not given.
      const isRight = odd === 'undefined' ? kind === 'went well' : kind !== 'broke';
      if (!isRight) wrong.push(`${place.name} = ${odd} ${kind}: ${error?.stack}`);
      if (kind === 'went well' && borderline.includes(odd) && !recordsOf.test(place.name.replace(/\(.*/, ''))) {
        taken[place.name] = [...new Set([...(taken[place.name] ?? '').split(' '), odd])].join(' ');
      }
    }
    expect(wrong).toEqual([]);
    // Values that are out of range for most options, but not for these.
    expect(taken).toMatchInlineSnapshot(`
      {
        "AttachedRegularizer.direction(index)": " 0",
        "EdgeOfStabilityGuard(margin)": " 0.5 1e300",
        "EdgeOfStabilityGuard(minLearningRate)": " 0 0.5 1e300",
        "HessianSpectrumCallback(seed)": " 0 -1 0.5 1e300",
        "HessianSpectrumCallback(traceProbes)": " 0",
        "HessianSpectrumCallback(yieldEvery)": " 0 0.5 1e300",
        "HessianSpectrumCallback.sample(batch)": " 0",
        "HessianSpectrumCallback.sample(epoch)": " 0",
        "HessianTraceRegularizer(seed)": " 0 -1 0.5 1e300",
        "HessianTraceRegularizer(strength)": " 0 0.5 1e300",
        "HessianTraceRegularizer.direction(index)": " 0",
        "HessianTraceRegularizer.isDue(step)": " 0",
        "HessianTraceRegularizer.strengthAt(step)": " 0",
        "NetworkOperator.block(columns)": " 0",
        "NetworkOperator.block(columns.from)": " 0",
        "NetworkOperator.block(rows)": " 0",
        "NetworkOperator.block(rows.from)": " 0",
        "SharpnessStopping(baseline)": " 0 -1 0.5 1e300",
        "SharpnessStopping(minDelta)": " 0 0.5 1e300",
        "SharpnessStopping(patience)": " 0",
        "SpectralDensity.cumulative(grid)": " []",
        "SpectralDensity.evaluate(bandwidth)": " 0.5 1e300",
        "SpectralDensity.evaluate(grid)": " []",
        "SpectralDensity.quantile(p)": " 0 0.5",
        "SpectralDensity.quantileInterval(p)": " 0 0.5",
        "activationHessian(seed)": " 0 -1 0.5 1e300",
        "advise(failures)": " 0",
        "advise(samples)": " []",
        "advise(validationLoss)": " []",
        "attachRegularizer(initialStep)": " 0",
        "bilinear(plus)": " []",
        "blockIndices(columns)": " 0",
        "blockIndices(columns.from)": " 0",
        "blockIndices(rows)": " 0",
        "blockIndices(rows.from)": " 0",
        "cluster(connection.db)": " 0",
        "cluster(connection.tls)": " [] [''] [NaN]",
        "cluster(waitAtEnd)": " 0 0.5 1e300",
        "conditionNumber(seed)": " 0 -1 0.5 1e300",
        "conditionNumber(shift)": " 0 -1 0.5 1e300",
        "conjugateGradient(tolerance)": " 0.5 1e300",
        "coupling(seed)": " 0 -1 0.5 1e300",
        "dashboard(port)": " 0",
        "diagonal(seed)": " 0 -1 0.5 1e300",
        "diagonalSquares(seed)": " 0 -1 0.5 1e300",
        "edgeOfStability(learningRate)": " 0 0.5 1e300",
        "edgeOfStability(top)": " 0 -1 0.5 1e300",
        "eigenspace(oversampling)": " 0",
        "eigenspace(powerIterations)": " 0",
        "eigenspace(seed)": " 0 -1 0.5 1e300",
        "eigenvalues(seed)": " 0 -1 0.5 1e300",
        "eigenvalues(tolerance)": " 0.5 1e300",
        "empiricalFisher(memoryLimit)": " 0 Infinity 0.5 1e300",
        "empiricalFisher(seed)": " 0 -1 0.5 1e300",
        "estimateCost(seed)": " 0 -1 0.5 1e300",
        "estimateCost(traceProbes)": " 0",
        "fisher(memoryLimit)": " 0 Infinity 0.5 1e300",
        "fisher(seed)": " 0 -1 0.5 1e300",
        "frobeniusNorm(seed)": " 0 -1 0.5 1e300",
        "gaussNewton(memoryLimit)": " 0 Infinity 0.5 1e300",
        "gaussNewton(seed)": " 0 -1 0.5 1e300",
        "geometric(ratio)": " 1e300",
        "hessian(memoryLimit)": " 0 Infinity 0.5 1e300",
        "hessian(seed)": " 0 -1 0.5 1e300",
        "inputHessian(seed)": " 0 -1 0.5 1e300",
        "layerwiseSpectra(seed)": " 0 -1 0.5 1e300",
        "layerwiseSpectra(traceProbes)": " 0",
        "lossSurface(range)": " 0.5",
        "lossSurface(seed)": " 0 -1 0.5 1e300",
        "miniBatchEigenvalues(seed)": " 0 -1 0.5 1e300",
        "miniBatchEigenvalues(tolerance)": " 0.5 1e300",
        "penalized(initialStep)": " 0",
        "quadraticForm(seed)": " 0 -1 0.5 1e300",
        "residualHessian(memoryLimit)": " 0 Infinity 0.5 1e300",
        "residualHessian(seed)": " 0 -1 0.5 1e300",
        "roundingError(seed)": " 0 -1 0.5 1e300",
        "sampleCurvature(seed)": " 0 -1 0.5 1e300",
        "shifted(shift)": " 0 -1 0.5 1e300",
        "smooth(halfLife)": " 0.5 1e300",
        "spectralDensity(seed)": " 0 -1 0.5 1e300",
        "spectrum(seed)": " 0 -1 0.5 1e300",
        "spectrum(traceProbes)": " 0",
        "stability(seed)": " 0 -1 0.5 1e300",
        "stability(tolerance)": " 0.5 1e300",
        "suggestStrength(seed)": " 0 -1 0.5 1e300",
        "suggestStrength(share)": " 0.5 1e300",
        "tensorBoard(metrics)": " []",
        "trace(seed)": " 0 -1 0.5 1e300",
        "trace(tolerance)": " 0.5 1e300",
        "trend(level)": " 0.5",
        "whenAbove(threshold)": " 0 -1 0.5 1e300",
        "withinBudget(share)": " 0.5",
        "writeLossSurface(center)": " 0 -1 0.5 1e300",
        "writeLossSurface(cosine)": " 0 -1 0.5 1e300",
      }
    `);
  });

  it('names the nearest known option for an unknown one', async () => {
    const wrong: string[] = [];
    let count = 0;
    for (const callable of callables) {
      const fixture = fixtures.of[callable.name]!;
      for (const [position, {types: expected}] of callable.parameters.slice(0, fixture.args.length).entries()) {
        for (const {path, isStrict, fields} of types.objects(expected)) {
          if (!isStrict) continue;
          for (const {name} of fields) {
            for (const [misspelt, hint] of [
              [`${name}s`, `did you mean "${name}"?`],
              ['quiteElse', fields.map(each => each.name).length === 0 ? 'none' : fields[0]!.name],
            ] as const) {
              if (fields.some(each => each.name === misspelt)) continue;
              const args = withOption(fixture, position, path, misspelt, 1);
              const {kind, work, error} = await outcomeOf(fixture, args);
              count++;
              const isRight = kind === 'refused' && work === 0 && error!.message.includes(`"${misspelt}" is not`);
              if (!isRight || !error!.message.includes(hint)) {
                wrong.push(`${callable.name} {${[...path, misspelt].join('.')}} ${kind}: ${error?.message}`);
              }
            }
          }
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(250);
  });

  it('refuses records with a missing or wrong part', async () => {
    const wrong: string[] = [];
    let count = 0;
    for (const [name, fixture] of Object.entries(fixtures.of)) {
      for (const [position, arg] of fixture.args.entries()) {
        if (!recordsOf.test(name) || typeof arg !== 'object') continue;
        for (const [where, record] of spoiltRecords(arg)) {
          if (
            /(standardError|layer|learningRate|weightNorm|batch|lastSample|lastWait|topOverlap|relativeFlatness|stability) = null|(skipped|topOverlap|relativeFlatness|weightNorm|weights|bootstraps|seed|level) = undefined/.test(
              where,
            )
          )
            continue;
          const {kind, error} = await outcomeOf(
            fixture,
            fixture.args.map((each, i) => (i === position ? record : each)),
          );
          count++;
          if (kind !== 'refused') wrong.push(`${name}: ${where} ${kind} ${error?.message}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(1000);
  });
});

/** Numbers, strings and lists of the right type that are mostly out of range. */
const borderline: readonly Odd[] = [
  'NaN',
  'Infinity',
  '-Infinity',
  '-1',
  '0',
  '0.5',
  '1e300',
  "''",
  '[]',
  "['']",
  '[NaN]',
];

/** Functions that take records of spectra or runs. */
const recordsOf =
  /^(densityOf|effectiveDimension|effectiveRank|logDeterminant|traceOfFunction|heterogeneity|logSpectrumDistance|logSpectrumDistanceEstimate|middleMostSimilar|negativeMass|outliers|powerLaw|powerLawExponent|relativeFlatness|similarity|similarityEstimate|spectralNormRatio|traceShare|trendOf|builtInMetrics\..*|HessianSpectrumCallback.restore)$/;

/** All calls with one wrong value. */
function* spoilt(): Generator<readonly [Fixture, Place, Odd]> {
  for (const callable of callables) {
    const fixture = fixtures.of[callable.name]!;
    for (const place of placesOf(callable)) for (const odd of odds) yield [fixture, place, odd];
  }
}

/** Whether a value has an allowed type. The result of a function is not known before it is called. */
function isAllowed(place: Place, odd: Odd): boolean {
  if (odd === 'undefined' && (place.isOptional || isFromAnEarlierVersion(place))) return true;
  // A block of a weight has no indices.
  if (odd === 'undefined' && /^(NetworkOperator\.block|blockIndices)\(indices\)$/.test(place.name)) return true;
  // In a list, null means an output without weights.
  if (odd === '[null]' && place.name.endsWith('sampleWeight)')) return true;
  const isFunction = typeof oddValues[odd] === 'function' && odd !== 'class' && types.takesFunctions(place.types);
  return isFunction || types.takes(place.types, odd);
}

/** Runs of earlier versions do not have this field. */
function isFromAnEarlierVersion({name}: Place): boolean {
  return name.endsWith('cost.skipped)');
}

/** Copies of a record with one part replaced. The first entry of a list stands for all. */
function* spoiltRecords(record: unknown, path = ''): Generator<readonly [string, unknown]> {
  if (typeof record !== 'object' || record === null) return;
  const keys = Array.isArray(record) ? Object.keys(record).slice(0, 1) : Object.keys(record);
  for (const key of keys) {
    const value = (record as Record<string, unknown>)[key];
    const at = `${path}.${key}`;
    const replaced = (other: unknown) => (Array.isArray(record) ? record.with(0, other) : {...record, [key]: other});
    for (const other of [null, undefined, 'odd', Number.NaN, true]) {
      if (typeof other === typeof value && other !== null && !Number.isNaN(other)) continue;
      yield [`${at} = ${String(other)}`, replaced(other)];
    }
    for (const [where, inner] of spoiltRecords(value, at)) yield [where, replaced(inner)];
  }
}
