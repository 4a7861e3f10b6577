import type {LayersModel} from '@tensorflow/tfjs-layers';

/** TensorFlow.js' optimizers keep their learning rate to themselves; those of its family SGD hold it in a tensor as well. */
interface OptimizerInternals {
  learningRate?: unknown;
  setLearningRate?(learningRate: number): void;
}

/** What a model's optimizer multiplies its steps by; `null` where it has no such number, or it is not finite. */
export function learningRateOf(model: LayersModel): number | null {
  const {learningRate} = model.optimizer as unknown as OptimizerInternals;
  return Number.isFinite(learningRate) ? (learningRate as number) : null;
}

export function setLearningRate(model: LayersModel, learningRate: number): void {
  const optimizer = model.optimizer as unknown as OptimizerInternals;
  if (typeof optimizer.setLearningRate === 'function') optimizer.setLearningRate(learningRate);
  else optimizer.learningRate = learningRate;
}
