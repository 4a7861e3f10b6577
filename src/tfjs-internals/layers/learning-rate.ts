import type {LayersModel} from '@tensorflow/tfjs-layers';

/** The private members of TensorFlow.js' optimizers that hold the learning rate; those of the SGD family hold it in a tensor too. */
interface OptimizerInternals {
  learningRate?: unknown;
  setLearningRate?(learningRate: number): void;
}

function optimizerOf(model: LayersModel): OptimizerInternals {
  return model.optimizer as unknown as OptimizerInternals;
}

/** The learning rate of a model's optimizer; `null` where it has none, or it is not finite. */
export function learningRateOf(model: LayersModel): number | null {
  const {learningRate} = optimizerOf(model);
  return Number.isFinite(learningRate) ? (learningRate as number) : null;
}

/** Sets the learning rate of a model's optimizer. */
export function setLearningRate(model: LayersModel, learningRate: number): void {
  const optimizer = optimizerOf(model);
  if (typeof optimizer.setLearningRate === 'function') optimizer.setLearningRate(learningRate);
  else optimizer.learningRate = learningRate;
}
