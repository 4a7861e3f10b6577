import type {LayersModel} from '@tensorflow/tfjs-layers';
import {longWork} from '../../long-work.js';
import type {Batch} from '../../model/batch.js';
import {requireModel} from '../../model/model-argument.js';
import {inScope} from '../../tfjs-internals/core/tensors.js';
import type {CurvatureOperator} from '../blocks/network-operator.js';
import {labelCheck} from '../checks/label-check.js';
import type {CheckedCurvatureArgs} from '../curvature-args.js';
import type {BatchDataset} from './batch-dataset.js';
import {isDataset} from './batch-dataset.js';
import {datasetOperator} from './dataset-operator.js';
import type {Linearize} from './linearized-loss.js';
import {allOf, operatorOf} from './linearized-loss.js';

/** Makes the operator of a curvature of a model's loss, on a batch or over a data set. */
export async function modelOperator(
  name: string,
  model: LayersModel,
  data: Batch | BatchDataset,
  linearize: Linearize,
  args: CheckedCurvatureArgs,
): Promise<CurvatureOperator> {
  requireModel(model);
  if (isDataset(data)) return datasetOperator(name, model, data, linearize, args);
  return longWork(args, 1, () =>
    operatorOf(name, () => {
      const linearized = inScope(() => linearize(model, data, args.seed, true));
      return {...linearized, check: allOf([labelCheck(model, data), linearized.check])};
    }),
  );
}
