import type {ConfigName} from '../config.js';
import {imagePlans} from '../recipe/image-plans.js';
import type {Recipe, SpectraPlan} from '../recipe/recipe.js';
import type {RecipeJob} from '../recipe/recipe-record.js';
import type {ProtocolArm, ProtocolArmName, ProtocolSetting, ProtocolSettingName} from './settings.js';
import {protocolArms, protocolSettings} from './settings.js';

export interface ProtocolPlan {
  readonly settings: readonly ProtocolSettingName[];
  readonly arms: readonly ProtocolArmName[];
  readonly seeds: number;
  /** What small runs change. */
  readonly smaller: Partial<Pick<Recipe, 'training' | 'test' | 'epochs' | 'milestones'>> & {
    readonly fromEpoch?: number;
    readonly spectra?: SpectraPlan;
  };
}

const full: ProtocolPlan = {
  settings: ['lenet-mnist', 'lenet-fashion-mnist'],
  arms: protocolArms,
  seeds: 5,
  smaller: {},
};

/** The plans by size. Settings on CIFAR need its files, and a GPU; `--setting` asks for them. */
export const protocolPlans: Readonly<Record<ConfigName, ProtocolPlan>> = {
  full,
  quick: {
    ...full,
    seeds: 2,
    smaller: {
      training: 512,
      test: 500,
      epochs: 3,
      milestones: [1, 2],
      fromEpoch: 1,
      spectra: {imagesPerClass: 2, steps: 20},
    },
  },
  ci: {
    ...{...full, settings: ['lenet-mnist'], arms: ['none', 'middle', 'spectra'], seeds: 1},
    smaller: {training: 96, test: 50, epochs: 2, milestones: [1], fromEpoch: 1, spectra: {imagesPerClass: 1, steps: 8}},
  },
};

/** The trainings of the paper's protocol, seed by seed, so that a run that stops early has equally many of each. */
export function protocolJobs({settings, arms, seeds, smaller}: ProtocolPlan): RecipeJob[] {
  return Array.from({length: seeds}, (_, i) => i + 1).flatMap(seed =>
    settings.flatMap(setting => {
      const of: ProtocolSetting = protocolSettings[setting];
      return arms.flatMap(arm => {
        const added = of.arms[arm];
        if (added === undefined) return [];
        const id = `protocol_${setting}_${arm}_${seed}`;
        return [{id, part: 'protocol' as const, setting, arm, seed, recipe: made(protocolRecipe(of, added), smaller)}];
      });
    }),
  );
}

/** The recipe of the authors' code: all 60,000 images are for training, none for validation. */
export function protocolRecipe(
  {network, dataSet, batchSize, epochs, milestones}: ProtocolSetting,
  arm: ProtocolArm,
): Recipe {
  const images = imagePlans[dataSet];
  return {
    ...{network, dataSet, batchSize: arm.batchSize ?? batchSize, milestones: arm.milestones ?? milestones, decay: 0.25},
    images: arm.isAugmented === false ? {...images, rotation: null} : images,
    ...{training: 'all', validation: 0, test: 'all'},
    epochs: arm.epochs ?? epochs,
    ...{learningRate: arm.learningRate ?? 0.01, momentum: 0.9},
    weightDecay: arm.weightDecay ?? 0,
    penalty: arm.penalty ?? null,
    ...{dropout: 0, labelSmoothing: 0, sharpnessAware: 0, spectra: arm.spectra ?? null},
  };
}

function made(recipe: Recipe, {fromEpoch, spectra, ...of}: ProtocolPlan['smaller']): Recipe {
  const {penalty} = recipe;
  return {
    ...{...recipe, ...of},
    spectra: recipe.spectra && (spectra ?? recipe.spectra),
    penalty: penalty && fromEpoch !== undefined ? {...penalty, fromEpoch} : penalty,
  };
}
