import type {DataSetName} from '../config.js';
import type {NetworkName} from '../recipe/networks.js';
import type {PenaltyPlan, SpectraPlan} from '../recipe/recipe.js';

// The settings of the authors' code: github.com/yashkhasbage25/HTR (2021), Regularization/experiments/scripts.sh and, for spectra,
// LayerHessians/README.md.

export const protocolArms = ['none', 'htr', 'htr-l2', 'middle', 'spectra'] as const;
export type ProtocolArmName = (typeof protocolArms)[number];

export const protocolArmTitles: Readonly<Record<ProtocolArmName, string>> = {
  none: 'SGD',
  htr: 'SGD + HTR',
  'htr-l2': 'SGD + HTR + L2',
  middle: 'SGD + HTR, middle half',
  spectra: 'SGD, for spectra',
};

/** What one regularizer adds to a setting. */
export interface ProtocolArm {
  /** Where it differs from the setting's. */
  readonly epochs?: number;
  readonly milestones?: readonly number[];
  readonly learningRate?: number;
  readonly batchSize?: number;
  readonly weightDecay?: number;
  readonly penalty?: PenaltyPlan;
  /** Default true. */
  readonly isAugmented?: boolean;
  readonly spectra?: SpectraPlan;
}

export interface ProtocolSetting {
  readonly network: NetworkName;
  readonly dataSet: DataSetName;
  readonly batchSize: number;
  readonly epochs: number;
  readonly milestones: readonly number[];
  readonly arms: Partial<Readonly<Record<ProtocolArmName, ProtocolArm>>>;
}

export const protocolSettings = {
  'lenet-mnist': {
    ...{network: 'lenet-5', dataSet: 'mnist', batchSize: 256, epochs: 30, milestones: [10, 20]},
    arms: {
      none: {},
      // A comment asks for ±1 here; the code draws normal probes.
      htr: {penalty: whole({strength: 1e-3, fromEpoch: 10, probes: 10})},
      'htr-l2': {weightDecay: 1e-4, penalty: combined({strength: 1e-3, fromEpoch: 10, probes: 10})},
      middle: {penalty: middleHalf({strength: 1e-4, fromEpoch: 10, probes: 10})},
      spectra: spectraOf({learningRate: 0.01, batchSize: 256}),
    },
  },
  'lenet-fashion-mnist': {
    ...{network: 'lenet-5', dataSet: 'fashion-mnist', batchSize: 256, epochs: 30, milestones: [10, 20]},
    arms: {
      none: {},
      htr: {epochs: 40, penalty: whole({strength: 1e-5, fromEpoch: 20, probes: 10})},
      'htr-l2': {weightDecay: 1e-13, penalty: combined({strength: 1e-5, fromEpoch: 20, probes: 10})},
      middle: {epochs: 40, penalty: middleHalf({strength: 1e-6, fromEpoch: 20, probes: 10})},
      spectra: spectraOf({learningRate: 0.01, batchSize: 256}),
    },
  },
  'vgg11-bn-cifar-100': {
    ...{network: 'vgg11-bn', dataSet: 'cifar-100', batchSize: 64, epochs: 50, milestones: [20, 35]},
    arms: {
      none: {},
      htr: {epochs: 60, penalty: whole({strength: 1e-6, fromEpoch: 0, probes: 5})},
      'htr-l2': {weightDecay: 1e-4, penalty: combined({strength: 1e-6, fromEpoch: 0, probes: 5})},
      middle: {penalty: middleHalf({strength: 1e-7, fromEpoch: 0, probes: 10})},
    },
  },
  'resnet-18-cifar-10': {
    ...{network: 'resnet-18', dataSet: 'cifar-10', batchSize: 64, epochs: 40, milestones: [20, 30]},
    arms: {
      none: {},
      htr: {penalty: whole({strength: 1e-6, fromEpoch: 10, probes: 3})},
      'htr-l2': {weightDecay: 1e-4, penalty: combined({strength: 1e-12, fromEpoch: 0, probes: 3})},
      middle: {penalty: middleHalf({strength: 1e-5, fromEpoch: 10, probes: 3})},
    },
  },
  'vgg11-cifar-10': {
    ...{network: 'vgg11', dataSet: 'cifar-10', batchSize: 64, epochs: 50, milestones: [20, 35]},
    arms: {
      none: {},
      htr: {penalty: whole({strength: 1e-6, fromEpoch: 0, probes: 5})},
      'htr-l2': {weightDecay: 1e-12, penalty: combined({strength: 1e-6, fromEpoch: 0, probes: 5})},
    },
  },
  'vgg11-bn-mnist': {
    ...{network: 'vgg11-bn', dataSet: 'mnist', batchSize: 128, epochs: 50, milestones: []},
    arms: {spectra: spectraOf({learningRate: 5e-3, weightDecay: 5e-5, batchSize: 128})},
  },
  'vgg11-bn-fashion-mnist': {
    ...{network: 'vgg11-bn', dataSet: 'fashion-mnist', batchSize: 256, epochs: 50, milestones: []},
    arms: {spectra: spectraOf({learningRate: 1e-3, batchSize: 256})},
  },
  'resnet-18-mnist': {
    ...{network: 'resnet-18', dataSet: 'mnist', batchSize: 128, epochs: 50, milestones: []},
    arms: {spectra: spectraOf({learningRate: 0.01, weightDecay: 1e-4, batchSize: 128})},
  },
  'resnet-18-fashion-mnist': {
    ...{network: 'resnet-18', dataSet: 'fashion-mnist', batchSize: 128, epochs: 50, milestones: []},
    arms: {spectra: spectraOf({learningRate: 5e-3, weightDecay: 5e-5, batchSize: 128})},
  },
} as const satisfies Readonly<Record<string, ProtocolSetting>>;

export type ProtocolSettingName = keyof typeof protocolSettings;

type Chosen = Pick<PenaltyPlan, 'strength' | 'fromEpoch' | 'probes'>;

/** The probes of one draw run over all parameters, of which they have normal entries. */
function whole(of: Chosen): PenaltyPlan {
  return {...of, layers: 'all', probe: 'joint', distribution: 'gaussian', estimator: 'hutchinson', everyInEpoch: 50};
}

/** The code of the combination with L2 draws ±1. */
function combined(of: Chosen): PenaltyPlan {
  return {...whole(of), distribution: 'rademacher'};
}

function middleHalf(of: Chosen): PenaltyPlan {
  return {...whole(of), layers: 'middle half'};
}

/** Trainings for spectra: 50 epochs at one learning rate, without augmentation. */
function spectraOf(of: Pick<ProtocolArm, 'learningRate' | 'weightDecay' | 'batchSize'>): ProtocolArm {
  return {...of, epochs: 50, milestones: [], isAugmented: false, spectra: {imagesPerClass: 10, steps: 128}};
}
