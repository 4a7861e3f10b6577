import type {ArmName} from './arms.js';
import type {DataSetName} from './config.js';
import {grouped} from './grouped.js';
import type {Choice} from './jobs.js';
import type {ModelName} from './models.js';
import type {TrainingRecord} from './records/training-record.js';

/** A regularizer's strengths for one data set and model, with their results on validation images. */
export interface Tuning {
  readonly dataSet: DataSetName;
  readonly model: ModelName;
  readonly arm: ArmName;
  /** Ascending. */
  readonly tried: readonly {readonly strength: number; readonly accuracy: number; readonly loss: number}[];
  readonly chosen: number;
}

type Tried = Pick<TrainingRecord, 'phase' | 'dataSet' | 'model' | 'arm' | 'strength' | 'validation'>;

/** For each regularizer, the strength with the best mean validation accuracy; if several are equal, the one with the smallest validation loss. */
export function tunings(records: readonly Tried[]): Tuning[] {
  const groups = grouped(
    records.filter(({phase}) => phase === 'tuning'),
    ({dataSet, model, arm}) => `${dataSet} ${model} ${arm}`,
  );
  return [...groups.values()].map(group => {
    const {dataSet, model, arm} = group[0]!;
    const byStrength = grouped(group, ({strength}) => strength);
    const tried = [...byStrength]
      .map(([strength, of]) => ({
        strength,
        accuracy: mean(of.map(({validation}) => validation.accuracy)),
        loss: mean(of.map(({validation}) => validation.loss ?? Number.POSITIVE_INFINITY)),
      }))
      .sort((a, b) => a.strength - b.strength);
    const [best] = [...tried].sort((a, b) => b.accuracy - a.accuracy || a.loss - b.loss);
    return {dataSet, model, arm, tried, chosen: best!.strength};
  });
}

/** The strength that the tuning chose; 0 (no regularizer) if there was no choice. */
export function choiceOf(all: readonly Tuning[]): Choice {
  return (dataSet, model, arm) =>
    all.find(of => of.dataSet === dataSet && of.model === model && of.arm === arm)?.chosen ?? 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
