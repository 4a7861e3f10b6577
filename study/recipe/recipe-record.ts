import type {Evaluation} from '../records/training-record.js';
import type {Recipe} from './recipe.js';

/** One training by a recipe. */
export interface RecipeJob {
  /** The name of its record. */
  readonly id: string;
  readonly part: 'protocol' | 'comparison';
  /** What it is compared within, such as `lenet-mnist`. */
  readonly setting: string;
  readonly arm: string;
  readonly seed: number;
  readonly recipe: Recipe;
}

/** The result of a training. */
export interface RecipeRecord extends RecipeJob {
  /** On the first 10,000 training images, without augmentation. */
  readonly training: Evaluation;
  readonly validation: Evaluation | null;
  readonly test: Evaluation;
  readonly curvature: Curvature;
  /** Each epoch's mean of what was minimized, with penalties. */
  readonly losses: readonly (number | null)[];
  /** The accuracy on the test images after each epoch, of trainings by the authors' protocol. The first ones were not asked. */
  readonly testAccuracies?: readonly number[];
  /** What it ran on; default: processors. */
  readonly device?: 'gpu';
  /** Of the training, with what is looked at after its epochs. */
  readonly trainingSeconds: number;
  /** Of the whole job. */
  readonly seconds: number;
}

/** Of the whole network's Hessian at the end, on 1,000 training images. */
export interface Curvature {
  readonly trace: number;
  /** `null` where one probe cannot tell. */
  readonly traceError: number | null;
  readonly top: number;
}
