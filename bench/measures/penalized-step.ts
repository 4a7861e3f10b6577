import type {LayersModel} from '@tensorflow/tfjs-layers';
import {attachRegularizer, HessianTraceRegularizer, hessian} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {Contestant} from '../harness/paired.js';
import {paired, timed} from '../harness/paired.js';
import type {PenaltyRecord} from '../harness/record.js';
import type {Peer} from '../peers/peer.js';
import {writeSubject} from '../peers/subject-files.js';
import {cnn} from '../subjects/cnn.js';

export interface PenaltyArgs {
  readonly tf: TensorFlow;
  readonly torch: Peer | undefined;
  readonly budget: number;
  readonly folder: string;
}

/** Measures a training step with the trace penalty, in plain steps, and PyTorch's step with the same penalty. `penalty.ts` has more variants. */
export async function measurePenalizedSteps({tf, torch, budget, folder}: PenaltyArgs): Promise<PenaltyRecord> {
  const batch = cnn.batch(tf);
  const step = (model: LayersModel) => timed(() => model.trainOnBatch(batch.x, batch.y));
  const models = {plain: cnn.build(tf), middle: cnn.build(tf), all: cnn.build(tf)};
  const regularizer = () => new HessianTraceRegularizer({strength: 1e-4});
  const {layers: middle} = attachRegularizer(models.middle, regularizer(), {layers: 'middle'});
  attachRegularizer(models.all, regularizer(), {layers: 'all'});
  let contestants: Record<string, Contestant> = {middle: step(models.middle), all: step(models.all)};
  if (torch) {
    const H = await hessian(models.plain, batch);
    const v = tf.zeros([H.size]).as1D();
    const {layerNames, ...files} = writeSubject(tf, cnn, models.plain, batch, H, v, folder);
    tf.dispose(v);
    H.dispose();
    await torch.prepare(files);
    const places = (names: readonly string[]) => ({penalized: names.map(name => layerNames.indexOf(name))});
    const able = await torch.contestants({
      'PyTorch plain': ['training step', places([])],
      'PyTorch middle': ['training step', places(middle)],
      'PyTorch all': ['training step', places(layerNames)],
    });
    contestants = {...contestants, ...able};
  }
  const {times, ratios, between} = await paired(step(models.plain), contestants, {budget});
  const pairs = ['middle', 'all'].filter(name => `PyTorch ${name}` in contestants);
  return {
    times,
    ratios,
    against: Object.fromEntries(pairs.map(name => [name, between(name, `PyTorch ${name}`)])),
    peerRatios: Object.fromEntries(pairs.map(name => [name, between(`PyTorch ${name}`, 'PyTorch plain').median])),
  };
}
