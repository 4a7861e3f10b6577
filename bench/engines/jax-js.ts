import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {EngineRecord} from '../harness/record.js';
import {summarize} from '../harness/summary.js';
import {cacheFolder} from '../peers/environment.js';
import {CLASSES, type EngineArgs, HIDDEN, INPUTS} from './measure-engine.js';

const PACKAGE = '@jax-js/jax';
export const JAX_JS_VERSION = '0.1.25';

/** An array of jax-js. A function takes over its arguments; `ref` is another reference. */
interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray): JaxArray;
  mul(other: JaxArray): JaxArray;
  sum(): JaxArray;
  data(): Promise<unknown>;
}
type Arrays = JaxArray[];

/** The parts of jax-js that run here. */
interface JaxJs {
  init(): Promise<string[]>;
  defaultDevice(device: string): unknown;
  grad(f: (weights: Arrays) => JaxArray): (weights: Arrays) => Arrays;
  jvp(f: (weights: Arrays) => Arrays, at: [Arrays], along: [Arrays]): [Arrays, Arrays];
  jit<F>(f: F): F;
  readonly nn: {relu(x: JaxArray): JaxArray; logSoftmax(x: JaxArray): JaxArray};
  readonly numpy: {
    array(values: Float32Array, options: {shape: number[]}): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
  };
}

/** Measures the gradient and the product of the same MLP in jax-js, in WebAssembly. */
export async function measureJaxJs({batchSize, rounds}: Omit<EngineArgs, 'sampleSteps'>): Promise<EngineRecord> {
  // It asks for the number of cores; Node 20 has no `navigator`.
  if (!('navigator' in globalThis)) {
    Object.defineProperty(globalThis, 'navigator', {value: {hardwareConcurrency: os.availableParallelism()}});
  }
  const {init, defaultDevice, grad, jvp, jit, nn, numpy} = await load();
  await init();
  defaultDevice('wasm');
  const x = numpy.array(noise(batchSize * INPUTS, 1), {shape: [batchSize, INPUTS]});
  const labels = new Float32Array(batchSize * CLASSES);
  for (let row = 0; row < batchSize; row++) labels[row * CLASSES + (row % CLASSES)] = -1 / batchSize;
  const y = numpy.array(labels, {shape: [batchSize, CLASSES]});
  const shapes = [[INPUTS, HIDDEN], [HIDDEN], [HIDDEN, CLASSES], [CLASSES]];
  const arrays = (scale: number) =>
    shapes.map((shape, i) =>
      numpy.array(
        noise(
          shape.reduce((a, b) => a * b),
          scale,
          i + 2,
        ),
        {shape},
      ),
    );
  const [weights, direction] = [arrays(0.05), arrays(1)];
  const loss = ([w1, b1, w2, b2]: Arrays) => {
    const hidden = nn.relu(numpy.matmul(x.ref, w1!).add(b1!));
    return nn.logSoftmax(numpy.matmul(hidden, w2!).add(b2!)).mul(y.ref).sum();
  };
  const gradientOf = jit(grad(loss));
  const productOf = jit((w: Arrays, v: Arrays) => jvp(grad(loss), [w], [v])[1]);
  const refs = (list: Arrays) => list.map(({ref}) => ref);
  const tasks = {
    gradient: () => gradientOf(refs(weights)),
    product: () => productOf(refs(weights), refs(direction)),
  };
  const times: Record<keyof typeof tasks, number[]> = {gradient: [], product: []};
  for (let round = -2; round < rounds; round++) {
    for (const name of ['gradient', 'product'] as const) {
      const began = performance.now();
      for (const array of tasks[name]()) await array.data();
      if (round >= 0) times[name].push(performance.now() - began);
    }
  }
  return {
    network: `MLP ${INPUTS}-${HIDDEN}-${CLASSES}, batch ${batchSize}`,
    sampleSteps: 0,
    gradient: summarize(times.gradient),
    ratios: {'H v': summarize(times.product.map((time, i) => time / times.gradient[i]!))},
  };
}

function noise(length: number, scale: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({length}, () => {
    state = (state * 48271) % 2147483647;
    return scale * (state / 2147483647 - 0.5);
  });
}

/** Loads the package from the user's cache; npm brings it there the first time. */
async function load(): Promise<JaxJs> {
  const folder = join(cacheFolder(), `bench-jax-js-${JAX_JS_VERSION}`);
  const entry = join(folder, 'node_modules', PACKAGE, 'dist/index.js');
  if (!existsSync(entry)) {
    mkdirSync(folder, {recursive: true});
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    await install(folder);
  }
  return (await import(pathToFileURL(entry).href)) as JaxJs;
}

function install(folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const args = ['install', '--silent', '--ignore-scripts', `${PACKAGE}@${JAX_JS_VERSION}`];
    const child = spawn('npm', args, {cwd: folder, stdio: 'ignore', shell: process.platform === 'win32'});
    child.on('error', reject);
    child.on('close', code => (code === 0 ? resolve() : reject(new Error(`npm could not install ${PACKAGE}`))));
  });
}
