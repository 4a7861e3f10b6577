import type {Rank, Tensor, Tensor1D} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {CurvatureOperator} from 'tfjs-hessian';
import {hessian} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {Examples} from '../../examples/mnist/data.js';
import type {Contestant} from '../harness/paired.js';
import {paired, timed} from '../harness/paired.js';
import {peakBytes} from '../harness/peak-memory.js';
import type {MemoryRecord, ProductsRecord} from '../harness/record.js';
import type {Peer, Prepared} from '../peers/peer.js';
import {writeSubject} from '../peers/subject-files.js';
import type {Subject} from '../subjects/subject.js';
import {gradientOf} from '../subjects/subject.js';

export interface ProductsArgs {
  readonly tf: TensorFlow;
  readonly subject: Subject;
  readonly peers: readonly Peer[];
  readonly budget: number;
  /** Whether to time every layer's block too. */
  readonly blocks: boolean;
  /** Whether to run blocks of 8 products until they are a graph, too; blocks that run one by one already are. */
  readonly warmColumns: boolean;
  /** The folder with the subject for the peers. */
  readonly folder: string;
}

const torchTasks = {
  'PyTorch gradient': ['gradient'],
  'PyTorch H v held': ['product held'],
  'PyTorch H v': ['product'],
  'PyTorch H V of 8 held': ['products held'],
  'torch.func H v': ['product by torch.func'],
  'curvlinops H v': ['product by curvlinops'],
} as const;

const jaxTasks = {
  'JAX gradient': ['gradient'],
  'JAX H v': ['product'],
  'JAX H v held': ['product held'],
} as const;

/** After so many calls, products run as a graph. */
const WARM_UP = 26;

/** Measures products with a subject's Hessian, in gradients, and those of the peers. */
export async function measureProducts({
  tf,
  subject,
  peers,
  budget,
  blocks,
  warmColumns,
  folder,
}: ProductsArgs): Promise<ProductsRecord> {
  const model = subject.build(tf);
  const batch = subject.batch(tf);
  const gradient = gradientOf(tf, model, batch);
  const memory = await measureMemory(tf, model, batch, gradient);
  const H = await hessian(model, batch);
  const v = tf.randomNormal<Rank.R1>([H.size], 0, 1, 'float32', 2);
  const V = tf.randomNormal<Rank.R2>([H.size, 8], 0, 1, 'float32', 3);

  const contestants: Record<string, Contestant> = {
    'H v held': timed(() => read(tf, () => H.matvec(v))),
    'H V of 8': timed(() => read(tf, () => H.matmat(V))),
    linearization: timed(async () => (await hessian(model, batch)).dispose()),
  };
  if (blocks) {
    for (const {name, size} of H.layers) {
      const w = tf.randomNormal<Rank.R1>([size], 0, 1, 'float32', 4);
      contestants[`block ${name}`] = timed(() => read(tf, () => H.block(name).matvec(w)));
    }
  }
  const same = [ours(tf, H, v)];
  const warmed = (name: string) => name !== 'linearization' && (name !== 'H V of 8' || warmColumns);
  for (let i = 0; i < WARM_UP; i++) {
    for (const [name, contestant] of Object.entries(contestants)) if (warmed(name)) await contestant();
  }
  const files = writeSubject(tf, subject, model, batch, H, v, folder);
  const agreement: Record<string, Prepared> = {};
  for (const peer of peers) {
    try {
      agreement[peer.name] = await peer.prepare(files);
      Object.assign(contestants, await peer.contestants(peer.name === 'torch' ? torchTasks : jaxTasks));
    } catch (error) {
      peer.failures[`${peer.name}, ${subject.name}`] = (error as Error).message;
    }
  }
  const result = await paired(timed(gradient), contestants, {budget});
  const against: ProductsRecord['against'] = {};
  for (const name of Object.keys(contestants).filter(other => /H v/.test(other) && other !== 'H v held')) {
    against[name] = result.between('H v held', name);
  }
  if ('PyTorch H V of 8 held' in contestants)
    against['PyTorch H V of 8 held'] = result.between('H V of 8', 'PyTorch H V of 8 held');
  const record: ProductsRecord = {
    title: subject.title,
    batchSize: subject.batchSize,
    parameters: H.size,
    layers: H.layers.map(({name, size}) => ({name, parameters: size})),
    rounds: result.rounds,
    times: result.times,
    ratios: result.ratios,
    against,
    agreement: Object.fromEntries(
      Object.entries(agreement).map(([peer, {loss, curvature}]) => [
        peer,
        {loss: relative(loss, same[0]!.loss), curvature: relative(curvature, same[0]!.curvature)},
      ]),
    ),
    memory,
  };
  H.dispose();
  tf.dispose([v, V, batch.x, batch.y]);
  model.dispose();
  return record;
}

function ours(tf: TensorFlow, H: CurvatureOperator, v: Tensor1D): Prepared {
  const curvature = tf.tidy(() => tf.sum(tf.mul(v, H.matvec(v))).dataSync()[0]!);
  return {loss: H.loss, curvature};
}

function relative(value: number, reference: number): number {
  return Math.abs(value - reference) / Math.abs(reference);
}

async function measureMemory(
  tf: TensorFlow,
  model: LayersModel,
  batch: Examples,
  gradient: () => void,
): Promise<MemoryRecord> {
  gradient();
  const ofGradient = await peakBytes(gradient);
  const before = tf.memory().numBytes;
  let H: CurvatureOperator | undefined;
  const making = await peakBytes(async () => {
    H = await hessian(model, batch);
  });
  const v = tf.randomNormal<Rank.R1>([H!.size]);
  // The first product creates tensors that stay; measure after it.
  read(tf, () => H!.matvec(v));
  const held = tf.memory().numBytes - before;
  const product = held + (await peakBytes(() => read(tf, () => H!.matvec(v))));
  H!.dispose();
  v.dispose();
  return {gradient: ofGradient, making, held, product};
}

function read(tf: TensorFlow, make: () => Tensor): void {
  tf.tidy(() => void make().dataSync());
}
