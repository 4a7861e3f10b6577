import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Rank, Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {
  attachRegularizer,
  compileTraining,
  fasterGradients,
  HessianTraceRegularizer,
  hessian,
  layerwiseSpectra,
} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {writeSubject} from '../../peers/subject-files.js';
import type {MeasureArgs} from '../measure.js';
import {measure} from '../measure.js';
import {batchOf, type GpuNetwork} from '../networks.js';
import type {SpeedRecord} from '../record.js';
import type {PartArgs} from './part.js';

/** Products from here on run as a graph. */
const GRAPH_FROM = 25;

/** Times of one network, most important first. Each run ends by reading one number. */
export async function speed(
  network: GpuNetwork,
  {save, say, budget, scale, subjects, measures}: PartArgs,
): Promise<void> {
  // TensorFlow.js' own gradients come first; the GPU's are turned on below.
  const {tf} = await loadTensorFlow({prefer: 'gpu', fasterGradients: false});
  const {subject} = network;
  const n = Math.max(8, Math.round(network.batchSize * scale));
  const batch = batchOf(tf, network, n);
  const model = subject.build(tf);
  const record: SpeedRecord = {
    title: subject.title,
    batchSize: n,
    parameters: model.countParams(),
    times: {},
    numbers: {},
    failures: {},
  };
  const times: Record<string, unknown> = record.times;
  const put = async (name: string, run: () => unknown, args: Partial<MeasureArgs> = {}) => {
    if (!isWanted(name)) return;
    try {
      const measured = await measure(run, {budget, ...args});
      times[name] = measured;
      say(
        `${network.name}  ${name.padEnd(44)} ${ms(measured.median)} [${ms(measured.q1)}–${ms(measured.q3)}] ms, first ${ms(measured.first)}`,
      );
    } catch (error) {
      (record.failures as Record<string, string>)[name] = (error as Error).message.slice(0, 300);
      say(`${network.name}  ${name}: ${(error as Error).message.slice(0, 300)}`);
    }
    save(record);
  };
  const isWanted = (name: string) => measures.length === 0 || measures.some(start => name.startsWith(start));
  const step = (trained: LayersModel) => () => trained.trainOnBatch(batch.x, batch.y);
  const build = (optimizer: 'adam' | 'sgd' = 'adam') => {
    const built = subject.build(tf);
    if (optimizer === 'sgd') built.compile({optimizer, loss: 'categoricalCrossentropy'});
    return built;
  };
  const stepsOf = async (name: string, optimizer: 'adam' | 'sgd', compiled: boolean, layers?: 'middle' | 'all') => {
    if (!isWanted(name)) return;
    const trained = build(optimizer);
    if (layers !== undefined) attachRegularizer(trained, new HessianTraceRegularizer({strength: 1e-4}), {layers});
    const undo = compiled ? compileTraining(trained) : () => {};
    // The first step of a compiled model runs as it is.
    if (compiled) await step(trained)();
    await put(name, step(trained));
    undo();
    trained.dispose();
  };

  await stepsOf('plain step, TensorFlow.js’ own', 'adam', false);
  await loadTensorFlow({prefer: 'gpu'});
  await stepsOf('compiled step', 'adam', true);
  await stepsOf('plain step', 'adam', false);

  let H = await hessian(model, batch);
  const v = tf.randomNormal<Rank.R1>([H.size], 0, 1, 'float32', 2);
  const V = tf.randomNormal<Rank.R2>([H.size, 8], 0, 1, 'float32', 3);
  const product = () => readOne(tf, () => H.matvec(v));
  const early = tf.tidy(() => H.matvec(v).dataSync<'float32'>().slice());
  await put('H v held, op by op', product, {atMost: GRAPH_FROM - 8});
  const graphAt = performance.now();
  for (let i = 0; i < GRAPH_FROM; i++) product();
  (record.numbers as Record<string, number>)['until the graph of H v has run, ms'] = performance.now() - graphAt;
  await put('H v held', product);
  const late = tf.tidy(() => H.matvec(v).dataSync<'float32'>().slice());
  (record.numbers as Record<string, number>)['H v as a graph, apart from the first'] = apart(late, early);
  await put('H V of 8, op by op', () => readOne(tf, () => H.matmat(V)), {atMost: GRAPH_FROM - 8});
  await put('linearization', async () => (await hessian(model, batch)).dispose(), {atMost: 10});
  const files = writeSubject(tf, subject, model, batch, H, v, join(subjects, network.name));
  writeFileSync(join(subjects, network.name, 'subject.json'), JSON.stringify(files));
  await stepsOf('step, penalty on the middle layer', 'adam', false, 'middle');
  await stepsOf('compiled step, penalty on the middle layer', 'adam', true, 'middle');
  await put('gradient', gradientOf(tf, model, batch), {atMost: 20});
  const undoFaster = fasterGradients();
  await stepsOf('plain step, fasterGradients()', 'adam', false);
  undoFaster();
  await stepsOf('compiled step, SGD', 'sgd', true);
  for (let i = 0; i < GRAPH_FROM; i++) readOne(tf, () => H.matmat(V));
  await put('H V of 8', () => readOne(tf, () => H.matmat(V)), {atMost: 20});
  H.dispose();
  await put(
    'H v, from nothing',
    async () => {
      H = await hessian(model, batch);
      product();
      H.dispose();
    },
    {atMost: 10},
  );
  await put(
    'sample of all layers and the network, 10 steps',
    async () => {
      const sampled = await hessian(model, batch);
      await layerwiseSpectra(sampled, {steps: 10, probes: 1});
      sampled.dispose();
    },
    {atMost: 5},
  );
  await stepsOf('compiled step, penalty on all layers', 'adam', true, 'all');
  await stepsOf('step, penalty on all layers', 'adam', false, 'all');
  tf.dispose([v, V, batch.x, batch.y]);
}

/** The gradient of the loss in all weights, of which one number is read. */
function gradientOf(tf: TensorFlow, model: LayersModel, {x, y}: {x: Tensor; y: Tensor}): () => void {
  return () =>
    tf.tidy(() => {
      const {grads} = tf.variableGrads(() =>
        tf.mean(tf.metrics.categoricalCrossentropy(y, model.apply(x, {training: true}) as Tensor)),
      );
      const gradients = Object.values(grads);
      readOne(tf, () => gradients.at(-1)!);
      readOne(tf, () => gradients[0]!);
    });
}

function readOne(tf: TensorFlow, make: () => Tensor): void {
  tf.tidy(() => void tf.slice(tf.reshape(make(), [-1]), [0], [1]).dataSync());
}

function apart(a: Float32Array, b: Float32Array): number {
  let [difference, norm] = [0, 0];
  a.forEach((value, i) => {
    difference += (value - b[i]!) ** 2;
    norm += b[i]! ** 2;
  });
  return Math.sqrt(difference / norm);
}

function ms(x: number): string {
  return x.toFixed(x < 10 ? 2 : 1);
}
