import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {finiteNumber, flag, listOf, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import type {HessianSample} from '../streams/hessian-sample.js';
import {sampleSchema} from '../streams/parse-sample.js';
import type {Finding, FindingLevel} from './finding.js';
import type {AdviceContext, Rule} from './history.js';
import {KeptSamples} from './kept-samples.js';
import {changingBatch} from './rules/changing-batch.js';
import {classOutliers} from './rules/class-outliers.js';
import {deadLayer} from './rules/dead-layer.js';
import {diverging} from './rules/diverging.js';
import {edge} from './rules/edge.js';
import {failedSamples} from './rules/failed-samples.js';
import {flatNetwork} from './rules/flat-network.js';
import {noisyLayers} from './rules/noisy-layers.js';
import {noisySamples} from './rules/noisy-samples.js';
import {overfitting} from './rules/overfitting.js';
import {penaltyWithoutEffect} from './rules/penalty-without-effect.js';
import {saddle} from './rules/saddle.js';
import {sharpening} from './rules/sharpening.js';
import {stuckAtChance} from './rules/stuck-at-chance.js';
import {traceOwner} from './rules/trace-owner.js';

/** All rules, the weightiest of each level first. */
const RULES: readonly Rule[] = [
  flatNetwork,
  diverging,
  deadLayer,
  failedSamples,
  stuckAtChance,
  noisySamples,
  changingBatch,
  saddle,
  edge,
  penaltyWithoutEffect,
  overfitting,
  traceOwner,
  sharpening,
  classOutliers,
  noisyLayers,
];

const NOT_LEARNING = ['diverging', 'penalty-too-strong', 'flat-network', 'dead-layer', 'stuck-at-chance'];

/** Findings that are left out beside a weightier one, whose advice would contradict theirs. */
const EXPLAINED_BY: Readonly<Record<string, readonly string[]>> = {
  saddle: NOT_LEARNING,
  'far-below-edge': NOT_LEARNING,
  'changing-batch': ['diverging', 'penalty-too-strong'],
};

const LEVELS: readonly FindingLevel[] = ['act', 'look', 'note'];

const samplesSchema = listOf(sampleSchema, 'a list of samples');

const adviceContext = optionsOf<AdviceContext>('advise()')({
  classes: optional(wholeNumber(2)),
  failures: optional(wholeNumber(0)),
  penalized: optional(flag()),
  validationLoss: optional(listOf(finiteNumber(), 'a list of finite numbers')),
});

/**
 * What the samples of a training say, and what to try. Each finding has the numbers that it rests on.
 *
 * A rule asks for more than chance: a trend is one at the level of 1 %, a difference is one beyond its error bars. Rules that need the
 * optimizer's edge of stability rest on `sample.stability`. Samples of several trainings are not mixed: those of the newest count.
 *
 * @param samples in any order.
 * @param context what the samples do not have, such as the number of classes.
 * @returns findings, weightiest first: what to act on, to look at, and to know.
 * @throws InvalidArgumentError for what is not a list of samples.
 * @example
 * for (const {level, text, tryThis} of advise(samples, {classes: 10})) console.log(level, text, tryThis);
 */
export function advise(samples: readonly HessianSample[], context?: AdviceContext): Finding[] {
  const known = adviceContext(context);
  const all = check('samples', samplesSchema, samples);
  const kept = new KeptSamples();
  for (const each of newestTraining(all)) kept.add(each);
  return kept.count === 0 ? [...failedSamples({samples: [], count: 0, context: known})] : findingsOf(kept, known);
}

/** The samples of the newest training, in the order of time. */
export function newestTraining(samples: readonly HessianSample[]): HessianSample[] {
  const newest = samples.reduce<HessianSample | null>(
    (last, each) => (last === null || each.time >= last.time ? each : last),
    null,
  );
  if (newest === null) return [];
  const training = trainingOf(newest);
  return samples.filter(each => trainingOf(each) === training).sort((a, b) => a.step - b.step);
}

/** The findings on the samples of one training, of which there is at least one. */
export function findingsOf({samples, count}: KeptSamples, context: AdviceContext): Finding[] {
  const all = RULES.flatMap(rule => rule({samples, count, context}));
  const fired = new Set(all.map(({rule}) => rule));
  const findings = all.filter(({rule}) => !(EXPLAINED_BY[rule] ?? []).some(cause => fired.has(cause)));
  return LEVELS.flatMap(level => findings.filter(finding => finding.level === level));
}

/** The training of a sample; the run, in files of earlier versions. */
export function trainingOf({training, run}: HessianSample): string {
  return training ?? run;
}
