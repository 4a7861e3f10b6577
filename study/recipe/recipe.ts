import type {DataSetName} from '../config.js';
import type {NetworkName} from './networks.js';

/** Everything that a training depends on, besides its seed. */
export interface Recipe {
  readonly dataSet: DataSetName;
  readonly network: NetworkName;
  readonly images: ImagePlan;
  /** The number of training images; `'all'` but those for validation. */
  readonly training: number | 'all';
  /** The number of images that are kept from the training images for validation. */
  readonly validation: number;
  /** The number of test images; `'all'` but in small runs. */
  readonly test: number | 'all';
  /** The last batch of an epoch has what is left. */
  readonly batchSize: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly momentum: number;
  /** The epochs, from 0, at whose begin the learning rate is multiplied by `decay`. */
  readonly milestones: readonly number[];
  readonly decay: number;
  /** λ of λ/2 ‖θ‖² over all trainable weights, biases and batch normalization included. */
  readonly weightDecay: number;
  readonly penalty: PenaltyPlan | null;
  /** The rate of dropout layers before the dense layers; 0: none. */
  readonly dropout: number;
  /** The share of the labels that is spread over all classes; 0: none. */
  readonly labelSmoothing: number;
  /** ρ of sharpness-aware minimization; 0: none. */
  readonly sharpnessAware: number;
  /** Spectra over training; `null`: none. */
  readonly spectra: SpectraPlan | null;
}

/** After each epoch the spectra of the whole Hessian and of each kernel's block. */
export interface SpectraPlan {
  readonly imagesPerClass: number;
  /** Lanczos steps of the one run for each spectrum. */
  readonly steps: number;
}

/** What happens to images before the network. */
export interface ImagePlan {
  /** Zeros around the image, on each side. */
  readonly padding: number;
  /** For each channel, subtracted after a division by 255. */
  readonly mean: readonly number[];
  /** For each channel; what is left is divided by it. */
  readonly deviation: readonly number[];
  /** Of training images: a horizontal flip with chance ½ and a rotation by up to this many degrees; `null`: none of both. */
  readonly rotation: number | null;
}

/** A penalty on the Hessian's trace. */
export interface PenaltyPlan {
  readonly strength: number;
  /** `'middle half'`: the parameter tensors of index n/4 to 3n/4. */
  readonly layers: 'all' | 'middle half' | readonly string[];
  readonly probes: number;
  readonly distribution: 'rademacher' | 'gaussian';
  readonly probe: 'joint' | 'independent';
  readonly estimator: 'hutchinson' | 'dropout';
  /** Only on the steps 0, n, 2n, … of an epoch; the strength is not multiplied by n. */
  readonly everyInEpoch: number;
  /** From this epoch on, from 0. */
  readonly fromEpoch: number;
}
