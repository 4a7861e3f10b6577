import type {ArmName} from '../arms.js';
import type {DataSetName} from '../config.js';
import {dataSetTitles} from '../config.js';
import {grouped} from '../grouped.js';
import type {Architecture, ModelName} from '../models.js';
import {architectures} from '../models.js';
import type {StudyRecords, Training} from '../records/load.js';

/** A data set and a model, with the final trainings. */
export interface Setting {
  readonly dataSet: DataSetName;
  readonly model: ModelName;
  readonly title: string;
  readonly architecture: Architecture;
  /** The seeds that all regularizers were trained with. */
  readonly seeds: readonly number[];
  /** A regularizer's trainings, in the order of `seeds`. */
  of(arm: ArmName): readonly Training[];
}

/** The settings that have seeds with all regularizers. A study that was stopped may have fewer seeds than planned. */
export function settingsOf({config, trainings}: StudyRecords): Setting[] {
  return config.pairs.flatMap(({dataSet, model}) => {
    const own = trainings.filter(t => t.phase === 'final' && t.dataSet === dataSet && t.model === model);
    const bySeed = grouped(own, ({seed}) => seed);
    const seeds = [...bySeed].filter(([, of]) => of.length === config.arms.length).map(([seed]) => seed);
    if (seeds.length === 0) return [];
    const architecture = architectures[model];
    const of = (arm: ArmName) => seeds.map(seed => bySeed.get(seed)!.find(training => training.arm === arm)!);
    return [{dataSet, model, title: `${dataSetTitles[dataSet]}, ${architecture.title}`, architecture, seeds, of}];
  });
}
