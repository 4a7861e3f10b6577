import {spawnSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import type {Tensor1D} from '@tensorflow/tfjs-core';
import {estimateCost, hessian, layerwiseSpectra} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import {readMnist} from '../../examples/mnist/data.js';
import {watchLoad} from '../harness/machine.js';
import {gradientOf} from '../subjects/subject.js';
import {type NetworkName, networks} from './networks.js';
import type {CostValues} from './record.js';
import {rounded, WORK} from './values.js';

/** Networks by the widths that give about 10⁴, 10⁵ and 10⁶ parameters, and one of 5 · 10⁶. */
const SUBJECTS: readonly (readonly [name: NetworkName, width: number, batchSize: number])[] = [
  ['mlp', 12, 256],
  ['mlp', 112, 256],
  ['mlp', 840, 256],
  ['mlp', 2400, 256],
  ['cnn', 4, 256],
  ['cnn', 16, 256],
  ['cnn', 50, 256],
  ['lstm', 36, 64],
  ['lstm', 144, 64],
];

/** Each in a process of its own, so that the peak of memory is its own. */
export function measureCosts(entry: string, say: (line: string) => void): CostValues[] {
  const tsx = createRequire(import.meta.url).resolve('tsx/cli');
  return SUBJECTS.map((_, i) => {
    const {status, stdout, stderr} = spawnSync(process.execPath, [tsx, entry, '--cost', String(i)], {encoding: 'utf8'});
    if (status !== 0) throw new Error(`Measuring ${SUBJECTS[i]} failed: ${stderr.slice(-2000)}`);
    const line = stdout.trim().split('\n').at(-1)!;
    say(line);
    return JSON.parse(line) as CostValues;
  });
}

export async function measureCost(tf: TensorFlow, index: number): Promise<CostValues> {
  const [name, width, batchSize] = SUBJECTS[index]!;
  const load = watchLoad();
  const network = networks[name];
  const {x: images, y} = readMnist(tf, {training: batchSize, test: 1}).train;
  const batch = {x: network.shape(tf, images), y};
  const model = network.build(tf, 0, width);
  model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
  // First of all: later, memory that was used and freed before would hide a rise.
  const before = resetPeak();
  const samples: number[] = [];
  // The first sample loads the graphs; where it takes long, that is a small part.
  for (let i = 0; i < 2 && (samples[0] ?? 0) < 10; i++) {
    const began = process.cpuUsage();
    const H = await hessian(model, batch);
    await layerwiseSpectra(H, {...WORK, seed: i});
    H.dispose();
    const {user, system} = process.cpuUsage(began);
    samples.push((user + system) / 1e6);
  }
  const peak = peakOf('VmHWM') - before;

  const gradient = gradientOf(tf, model, batch);
  const gradientTime = fastest(gradient);
  const estimate = await estimateCost(model, batch, WORK);

  const H = await hessian(model, batch);
  const v = tf.ones([H.size]) as Tensor1D;
  const product = () => {
    const Hv = H.matvec(v);
    Hv.dataSync();
    Hv.dispose();
  };
  const productTime = fastest(product);
  const layers = H.layers.length;
  H.dispose();
  return {
    network: name,
    ...{parameters: model.countParams(), layers, batchSize},
    ...{gradient: rounded(gradientTime), product: rounded(productTime), sample: rounded(Math.min(...samples)), peak},
    others: load(0).others,
    estimate: {
      gradientPasses: rounded(estimate.gradientPasses),
      seconds: rounded(estimate.seconds),
      bytes: rounded(estimate.bytes),
    },
  };
}

/** Milliseconds: the fastest of some seconds' repetitions, of 40 at most. */
function fastest(run: () => void): number {
  const end = performance.now() + 3000;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 40 && (i < 3 || performance.now() < end); i++) {
    const began = performance.now();
    run();
    best = Math.min(best, performance.now() - began);
  }
  return best;
}

/** Starts the process' peak anew (Linux); the bytes that it holds. */
function resetPeak(): number {
  writeFileSync('/proc/self/clear_refs', '5');
  return peakOf('VmRSS');
}

function peakOf(field: 'VmHWM' | 'VmRSS'): number {
  const [, kilobytes] = new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))!;
  return 1024 * Number(kilobytes);
}
