import type {TensorFlow} from 'tfjs-hessian/node';
import {buildArm} from '../arms.js';
import type {StudyConfig} from '../config.js';
import {readMnist} from '../data/mnist.js';
import {splitFor} from '../data/split.js';
import type {Job} from '../jobs.js';
import {architectures} from '../models.js';
import type {TimingRecord} from '../records/training-record.js';

/** Steps before the measurement. */
const WARM_UP = 5;

/**
 * Times training steps of a model's arms in turn, each between two steps of the unregularized one, so that other load on
 * the machine affects all of them. It uses images of MNIST; their values do not change the time.
 */
export async function timeSteps(tf: TensorFlow, config: StudyConfig, name: Job['model']): Promise<TimingRecord[]> {
  const {batchSize, sizes, arms, timingRounds} = config;
  const {training} = splitFor(tf, readMnist(), {...sizes, training: batchSize, validation: 0}, 0);
  const steps = arms.map(arm => {
    const strength = config.strengths[name][arm][0]!;
    const args = {...config.models[name], seed: 0, inputShape: training.x.shape.slice(1)};
    const model = buildArm(tf, architectures[name], arm, strength, args);
    const step = async () => {
      const began = performance.now();
      await model.trainOnBatch(training.x, training.y);
      return performance.now() - began;
    };
    return {arm, step};
  });
  const plain = steps.find(({arm}) => arm === 'none')!.step;
  for (let i = 0; i < WARM_UP; i++) for (const {step} of steps) await step();
  const timings: TimingRecord[] = [];
  for (let round = 0; round < timingRounds; round++) {
    let before = await plain();
    // Every second round runs in reverse order, so that the order does not matter.
    for (const {arm, step} of round % 2 === 0 ? steps : [...steps].reverse()) {
      const milliseconds = await step();
      const after = await plain();
      timings.push({model: name, arm, round, milliseconds, plain: (before + after) / 2});
      before = after;
    }
  }
  return timings;
}
