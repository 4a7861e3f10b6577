import {
  attachRegularizer,
  compileTraining,
  everyEpochs,
  HessianSpectrumCallback,
  HessianTraceRegularizer,
} from 'tfjs-hessian';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {readMnist} from '../../../examples/mnist/data.js';
import {cnn} from '../../../examples/mnist/networks.js';
import type {PartArgs} from './part.js';

const VARIANTS = {
  plain: {},
  compiled: {isCompiled: true},
  'compiled, penalty, a sample an epoch': {isCompiled: true, isPenalized: true, sampling: 'here'},
  'penalty, a sample an epoch': {isPenalized: true, sampling: 'here'},
  'compiled, a sample an epoch in the background': {isCompiled: true, sampling: 'background'},
} as const satisfies Record<string, Variant>;

interface Variant {
  readonly isCompiled?: boolean;
  readonly isPenalized?: boolean;
  readonly sampling?: 'here' | 'background';
}

/** The demo's network, trained with `fit` on MNIST: plain, compiled, with the penalty, with samples here and in a worker. */
export async function training({save, say, scale}: PartArgs): Promise<void> {
  const {tf} = await loadTensorFlow({prefer: 'gpu'});
  const rows: Record<string, number | string>[] = [];
  const {train, test} = readMnist(tf, {training: Math.max(512, Math.round(16_384 * scale)), test: 1024});
  for (const [name, variant] of Object.entries<Variant>(VARIANTS)) {
    const model = cnn.build(tf);
    if (variant.isPenalized)
      attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-3}), {layers: 'middle'});
    const undo = variant.isCompiled ? compileTraining(model) : () => {};
    let [taken, failed, sampling] = [0, '', 0];
    const curvature = new HessianSpectrumCallback({
      schedule: everyEpochs(1),
      batch: {x: train.x.slice(0, 256), y: train.y.slice(0, 256)},
      steps: 10,
      probes: 1,
      background: variant.sampling === 'background',
    });
    curvature.samples$.subscribe(({cost}) => {
      taken++;
      sampling += cost.milliseconds;
    });
    curvature.failures$.subscribe(({error}) => {
      failed = error.message;
    });
    const epochs: number[] = [];
    const tensors: number[] = [];
    let began = performance.now();
    const clock = new tf.CustomCallback({
      onEpochEnd: async () => {
        epochs.push(performance.now() - began);
        tensors.push(tf.memory().numTensors);
        began = performance.now();
      },
    });
    const history = await model.fit(train.x, train.y, {
      epochs: 3,
      batchSize: 256,
      verbose: 0,
      shuffle: false,
      callbacks: variant.sampling ? [curvature, clock] : [clock],
    });
    const scores = model.evaluate(test.x, test.y, {batchSize: 1024});
    const [, accuracy] = (Array.isArray(scores) ? scores : [scores]).map(score => score.dataSync()[0]!);
    rows.push({
      training: name,
      'first epoch, s': epochs[0]! / 1000,
      'third epoch, s': epochs[2]! / 1000,
      samples: taken,
      'a sample, ms': taken > 0 ? sampling / taken : 0,
      'last loss': history.history.loss!.at(-1) as number,
      'test accuracy': accuracy ?? Number.NaN,
      'tensors at the epochs’ ends': tensors.join(', '),
      failed,
    });
    save({rows});
    say(JSON.stringify(rows.at(-1)));
    undo();
    curvature.dispose();
    model.dispose();
  }
}
