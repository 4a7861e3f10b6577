import {grouped} from '../grouped.js';
import type {ProtocolArmName, ProtocolSettingName} from '../protocol/settings.js';
import {protocolArms, protocolArmTitles, protocolSettings} from '../protocol/settings.js';
import type {StatedResult} from '../protocol/stated.js';
import {stated} from '../protocol/stated.js';
import {protocolTitle} from '../protocol/title.js';
import type {RecipeRecord} from '../recipe/recipe-record.js';
import {armsTable} from './arms-table.js';
import {besideStated} from './beside-stated.js';

/** What the authors' code does, and what is known only from it. */
export const protocolFacts = [
  'Two of the paper’s authors have published [its code](https://github.com/yashkhasbage25/HTR). `npm run study -- --part protocol` trains by its settings:',
  [
    '- **Training.** LeNet-5 (61,706 parameters) on all 60,000 images of MNIST or Fashion-MNIST, VGG11 and ResNet-18 on CIFAR; flips and rotations of up to 15° as augmentation, also for ' +
      'digits; momentum 0.9, learning rate 0.01, multiplied by 0.25 at two milestones; 3 reruns. There are no validation images: the last epoch’s test accuracy counts.',
    '- **The penalty** is γ times the mean of vᵀHv over 3 to 10 probes v over all parameters at once: its mean is γ times the *whole* trace, which is the sum of the layers’. It comes only on the steps 0, 50, 100, … of an epoch, ' +
      'and from a certain epoch on. Averaged over the steps, the strengths on the two sets of 28 × 28 images are γ/50 = 2e-5 and 2e-7.',
    '- **The middle** is half of the parameter tensors, kernels and biases counted apart: those of index n/4 to 3n/4. In LeNet-5 these are the second convolution and the first two dense layers, 98 % of the ' +
      "parameters. In the tuned comparison it is the middle layer. `attachRegularizer` takes both: `{middle: 'half'}` and `'middle'`.",
    '- **Spectra** are taken after every epoch of trainings of their own, without augmentation and at one learning rate, of each kernel without its bias, on 100 images, by 128 Lanczos steps. Their similarity is a number: the logarithms of two densities, scaled to [0, 1] and divided by their sum, are compared by ' +
      'Wasserstein’s distance **as two sets of values**. Where the eigenvalues lie has no part in it. A spectrum and the same one shifted, or mirrored, have the distance 0 ' +
      '([`value-distance.ts`](../study/analysis/value-distance.ts) and its test). The fair comparison takes the positions.',
    '- **Some details**: HTR on Fashion-MNIST trains for 40 epochs where its baseline trains for 30. A γ of 1e-12 and an L2 of 1e-13 have no measurable effect. After the first epoch the networks stay in test mode, in which batch normalization ' +
      'uses its moving averages; trainings here stay in training mode, which is the same for LeNet-5, without such layers. HTR with L2 draws probes of ±1, the others normal ones.',
  ].join('\n'),
].join('\n\n');

/** The results of the trainings by the authors' protocol, as far as they have run. */
export function protocolResults(all: readonly RecipeRecord[]): string {
  const records = all.filter(({arm}) => arm !== 'spectra');
  if (records.length === 0) return 'There are no results of this part yet.';
  const place = ({setting, arm}: RecipeRecord) =>
    10 * Object.keys(protocolSettings).indexOf(setting) + protocolArms.indexOf(arm as ProtocolArmName);
  const sorted = [...records].sort((a, b) => place(a) - place(b));
  const groups = [...grouped(sorted, ({setting, arm}) => `${setting} ${arm}`).values()];
  const rows = groups.map(of => {
    const [setting, arm] = [of[0]!.setting as ProtocolSettingName, of[0]!.arm as ProtocolArmName];
    return {
      ...{setting: protocolTitle(setting), arm: protocolArmTitles[arm], records: of},
      more: [statedOf(setting, arm)?.text ?? '–'],
    };
  });
  const beside = groups.flatMap(of => {
    const [setting, arm] = [of[0]!.setting as ProtocolSettingName, of[0]!.arm as ProtocolArmName];
    const result = statedOf(setting, arm);
    return result === undefined ? [] : [{setting, arm, stated: result, records: of}];
  });
  return [
    `**Stated**: what comments of the authors’ code say (mean + standard deviation over 3 reruns). ${armsTable(rows, ['stated, %'])}`,
    ...(beside.length === 0 ? [] : [besideStated(beside)]),
  ].join('\n\n');
}

function statedOf(setting: ProtocolSettingName, arm: ProtocolArmName): StatedResult | undefined {
  return stated[setting]?.[arm];
}
