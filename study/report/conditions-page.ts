import type {Setting} from '../analysis/settings.js';
import {grouped} from '../grouped.js';
import type {ProtocolSetting, ProtocolSettingName} from '../protocol/settings.js';
import {protocolSettings} from '../protocol/settings.js';
import {protocolTitle} from '../protocol/title.js';
import type {RecipeRecord} from '../recipe/recipe-record.js';
import type {StudyRecords} from '../records/load.js';
import {onAnotherDevice} from './another-device.js';
import {cost, setting, strengths} from './conditions.js';
import {fixed, markdownTable} from './markdown.js';

export interface ConditionsArgs {
  readonly small: StudyRecords;
  readonly settings: readonly Setting[];
  /** Trainings by the authors' protocol and of the tuned comparison. */
  readonly recipes: readonly RecipeRecord[];
  /** Some of them once more, on another device. */
  readonly again: readonly RecipeRecord[];
}

/** The page of data, networks, strengths and time. */
export function conditionsPage({small, settings, recipes, again}: ConditionsArgs): string {
  return [
    '# What was run',
    '[The study](../study.md) has three parts.',
    '## On many images',
    'The authors’ protocol and the tuned comparison train LeNet-5, and for spectra VGG11 with batch norm, too (LeNet-5: 61,706 parameters: convolutions 5×5 of 6 and 16, each with max pooling, dense 120, 84 and 10, relu; PyTorch’s initial weights) on 28 × 28 images padded to 32 × 32. ' +
      'The tuned comparison has no augmentation, whose effect would hide that of a regularizer, and steps of the learning rate after a third and two thirds of a training, by 0.25. Each record in `study/records` has its whole recipe. ' +
      'A record’s numbers, except times, follow from its recipe and seed; on a GPU, to rounding.',
    onAnotherDevice(recipes, again),
    ofSpectra(recipes),
    spent(recipes),
    '## On small networks',
    setting(small, settings),
    strengths(small, settings),
    cost(small, settings),
  ]
    .filter(part => part !== '')
    .join('\n\n')
    .concat('\n');
}

/** What trainings for spectra have that the authors' do not. */
function ofSpectra(recipes: readonly RecipeRecord[]): string {
  const trained = new Map(recipes.filter(({arm}) => arm === 'spectra').map(of => [of.setting, of.recipe.epochs]));
  const found = [...trained].flatMap(([name, epochs]) => {
    const planned = (protocolSettings[name as ProtocolSettingName] as ProtocolSetting).arms.spectra?.epochs;
    return epochs === planned ? [] : [`${protocolTitle(name)}: ${epochs} of ${planned} epochs`];
  });
  const epochs =
    found.length === 0 ? '' : ` Fewer epochs than in the authors’ protocol, for want of time: ${found.join('; ')}.`;
  return (
    'Random matrices beside spectra have as many rows as the layer has parameters, and at most 65,536: the density of larger ones differs little.' +
    epochs
  );
}

function spent(recipes: readonly RecipeRecord[]): string {
  if (recipes.length === 0) return '';
  const rows = [
    ...grouped(recipes, ({part, setting: name, device}) => `${part}, ${name}${device === 'gpu' ? ', on a GPU' : ''}`),
  ].map(([name, of]) => [name, String(of.length), fixed(of.reduce((sum, {seconds}) => sum + seconds, 0) / 60, 0)]);
  return `Time, on two shared cores beside other work, one thread a training; on a GPU: an NVIDIA H200 with up to 22 trainings at once, in float32:\n\n${markdownTable(['', 'trainings', 'minutes'], rows)}`;
}
