import type {DataSetName} from '../config.js';
import type {ImagePlan} from './recipe.js';

/** The padding, the moments and the augmentation of the authors' code, by data set. */
export const imagePlans: Readonly<Record<DataSetName, ImagePlan>> = {
  mnist: {padding: 2, mean: [0.1307], deviation: [0.3081], rotation: 15},
  'fashion-mnist': {padding: 2, mean: [0.5], deviation: [0.5], rotation: 15},
  'cifar-10': {
    ...{padding: 0, rotation: 15},
    mean: [125.3 / 255, 123 / 255, 113.9 / 255],
    deviation: [63 / 255, 62.1 / 255, 66.7 / 255],
  },
  'cifar-100': {
    ...{padding: 0, rotation: 15},
    mean: [129.3 / 255, 124.1 / 255, 112.4 / 255],
    deviation: [68.2 / 255, 65.4 / 255, 70.4 / 255],
  },
};
