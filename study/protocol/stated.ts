import type {ProtocolArmName, ProtocolSettingName} from './settings.js';

/** A result that the authors' code states: of the test accuracies, in %, after the last epochs of three reruns. */
export interface StatedResult {
  readonly mean: number;
  /** NumPy's, so with 1 / n. */
  readonly deviation: number;
  /** As it is written there. */
  readonly text: string;
}

export const STATED_RERUNS = 3;

/** All results in the authors' code, in comments of Regularization/experiments/scripts.sh. */
export const stated: Partial<Record<ProtocolSettingName, Partial<Record<ProtocolArmName, StatedResult>>>> = {
  'lenet-mnist': {
    none: {mean: 98.75, deviation: 0.03, text: '98.75 + 0.03'},
    'htr-l2': {mean: 98.847, deviation: 0.019, text: '98.847 + 0.019'},
  },
};
