import type {Variable} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {attachRegularizer, compileTraining, HessianTraceRegularizer, hessian} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {Contestant} from '../harness/paired.js';
import {paired, timed} from '../harness/paired.js';
import type {TrainingRecord} from '../harness/record.js';
import type {Peer} from '../peers/peer.js';
import {layersWithWeights, writeSubject} from '../peers/subject-files.js';
import type {Subject} from '../subjects/subject.js';

export interface TrainingArgs {
  readonly tf: TensorFlow;
  readonly subject: Subject;
  readonly torch: Peer | undefined;
  readonly budget: number;
  readonly folder: string;
  /** Whether to penalize all layers too, and to train with SGD beside Adam. */
  readonly everything: boolean;
  /** Whether to measure `torch.compile` too, which takes up to a minute the first time. */
  readonly torchCompile: boolean;
}

type Layers = 'middle' | 'all';

/** Measures compiled and penalized training steps in plain steps of TensorFlow.js, and PyTorch's steps beside them. `penalty.ts` has more penalties. */
export async function measureTraining({
  tf,
  subject,
  torch,
  budget,
  folder,
  everything,
  torchCompile,
}: TrainingArgs): Promise<TrainingRecord> {
  const batch = subject.batch(tf);
  const step = (model: LayersModel) => timed(() => model.trainOnBatch(batch.x, batch.y));
  const selections: Layers[] = everything ? ['middle', 'all'] : ['middle'];
  const firstStep: Record<string, number> = {};
  /** The places of the middle layers among those with weights, in the order in which they were made. */
  let middle: readonly number[] = [];
  const ours = async (optimizer: 'adam' | 'sgd'): Promise<Record<string, Contestant>> => {
    const build = () => {
      const model = subject.build(tf);
      model.compile({optimizer: tf.train[optimizer](1e-3), loss: 'categoricalCrossentropy'});
      return model;
    };
    const contestants: Record<string, Contestant> = {plain: step(build())};
    const compiled = build();
    compileTraining(compiled);
    contestants.compiled = step(compiled);
    for (const layers of selections) {
      const model = build();
      const attached = attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-4}), {layers});
      if (layers === 'middle')
        middle = attached.layers.map(name => layersWithWeights(model).findIndex(layer => layer.name === name));
      contestants[layers] = step(model);
    }
    for (const name of ['compiled', ...selections]) {
      // The first step runs kernel by kernel; the second one is recorded, and its graph is loaded.
      const two = [await contestants[name]!(), await contestants[name]!()];
      if (optimizer === 'adam') firstStep[name] = Math.max(...two);
    }
    return contestants;
  };

  const {plain, ...withAdam} = await ours('adam');
  const contestants: Record<string, Contestant> = {...withAdam, "Adam's update alone": updateOf(tf, subject.build(tf))};
  if (everything) {
    for (const [name, contestant] of Object.entries(await ours('sgd'))) contestants[`${name}, SGD`] = contestant;
  }
  if (torch) Object.assign(contestants, await ofTorch(torch));
  const {times, ratios, between, rounds} = await paired(plain!, contestants, {budget, atLeast: 5});
  tf.dispose([batch.x, batch.y]);

  const pairs: Record<string, string> = {
    compiled: 'PyTorch',
    'compiled / torch.compile': 'torch.compile',
    middle: 'PyTorch middle',
    all: 'PyTorch all',
  };
  const has = (name: string) => name in contestants;
  return {
    title: subject.title,
    batchSize: subject.batchSize,
    rounds,
    times,
    ratios,
    against: Object.fromEntries(
      Object.entries(pairs)
        .map(([name, peer]) => [name, name.split(' / ')[0]!, peer] as const)
        .filter(([, own, peer]) => has(own) && has(peer))
        .map(([name, own, peer]) => [name, between(own, peer)]),
    ),
    withSgd: Object.fromEntries(
      ['compiled', ...selections]
        .filter(name => has(`${name}, SGD`))
        .map(name => [name, between(`${name}, SGD`, 'plain, SGD')]),
    ),
    peerRatios: Object.fromEntries(
      selections
        .filter(name => has(`PyTorch ${name}`) && has('PyTorch'))
        .map(name => [name, between(`PyTorch ${name}`, 'PyTorch').median]),
    ),
    firstStep,
  };

  async function ofTorch(peer: Peer): Promise<Record<string, Contestant>> {
    const layers = await prepareTorch(peer);
    const places = (penalized: readonly number[]) => ({penalized});
    return peer.contestants({
      PyTorch: ['training step', places([])],
      ...(torchCompile && {'torch.compile': ['training step', {...places([]), compiled: true}]}),
      'PyTorch middle': ['training step', places(middle)],
      ...(everything && {'PyTorch all': ['training step', places(Array.from({length: layers}, (_, i) => i))]}),
    });
  }

  /** @returns the number of its layers with weights. */
  async function prepareTorch(peer: Peer): Promise<number> {
    const model = subject.build(tf);
    const H = await hessian(model, batch);
    const v = tf.zeros([H.size]).as1D();
    const {layerNames, ...files} = writeSubject(tf, subject, model, batch, H, v, folder);
    tf.dispose(v);
    H.dispose();
    await peer.prepare(files);
    model.dispose();
    return layerNames.length;
  }
}

/** The optimizer's update as TensorFlow.js runs it, op by op, with gradients that are there. */
function updateOf(tf: TensorFlow, model: LayersModel): Contestant {
  const weights = model.trainableWeights.map(weight => weight.read() as Variable);
  const gradients = weights.map(weight => ({name: weight.name, tensor: tf.zerosLike(weight)}));
  return timed(() => {
    tf.tidy(() => model.optimizer.applyGradients(gradients));
    weights[0]!.dataSync();
  });
}
