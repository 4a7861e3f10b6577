import type {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../errors.js';
import {longWork} from '../../long-work.js';
import type {Batch} from '../../model/batch.js';
import {requireModel} from '../../model/model-argument.js';
import {inScope} from '../../tfjs-internals/core/tensors.js';
import type {CurvatureOperator} from '../blocks/network-operator.js';
import {labelCheck} from '../checks/label-check.js';
import type {CheckedCurvatureArgs} from '../curvature-args.js';
import type {BatchDataset} from './batch-dataset.js';
import {isDataset, refuseFunction} from './batch-dataset.js';
import {datasetOperator} from './dataset-operator.js';
import type {Curvature} from './linearized-loss.js';
import {allOf, operatorOf} from './linearized-loss.js';

/** Makes the operator of a curvature of a model's loss, on a batch or over a data set. */
export async function modelOperator(
  curvature: Curvature,
  model: LayersModel,
  data: Batch | BatchDataset,
  args: CheckedCurvatureArgs,
): Promise<CurvatureOperator> {
  requireModel(model);
  refuseFunction(data);
  if (isDataset(data)) return datasetOperator(curvature, model, data, args);
  if (args.on !== undefined) {
    throw new InvalidArgumentError(
      'on is given for one batch, but only the batches of a data set are computed elsewhere. Give a list of batches, ' +
        'such as [{x: x1, y: y1}, {x: x2, y: y2}], or leave out on.',
    );
  }
  const {name, linearize} = curvature;
  return longWork(args, 1, () =>
    operatorOf(name, () => {
      const linearized = inScope(() => linearize(model, data, args.seed, true));
      return {...linearized, check: allOf([labelCheck(model, data), linearized.check])};
    }),
  );
}
