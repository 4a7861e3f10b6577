import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {DensityRecord} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {ArmDifference} from '../analysis/arm-differences.js';
import {armDifferences} from '../analysis/arm-differences.js';
import {stepCosts} from '../analysis/costs.js';
import type {DepthAnswer} from '../analysis/depth.js';
import {depthAnswer, depthMeasures} from '../analysis/depth.js';
import {goeDensity} from '../analysis/goe.js';
import {layerSizes} from '../analysis/layer-distances.js';
import {settingsOf} from '../analysis/settings.js';
import {spectraFalls} from '../analysis/spectra-falls.js';
import type {ComparedArm, ComparisonPlan} from '../comparison/plan.js';
import {comparedArmTitles, isPenaltyArm} from '../comparison/plan.js';
import {grouped} from '../grouped.js';
import type {ProtocolArmName} from '../protocol/settings.js';
import {protocolArmTitles} from '../protocol/settings.js';
import {protocolTitle} from '../protocol/title.js';
import type {RecipeRecord} from '../recipe/recipe-record.js';
import type {StudyRecords} from '../records/load.js';
import type {SpectraRecord} from '../records/recipe-folder.js';
import {accuracyEvidence} from './accuracy-evidence.js';
import type {Picture} from './claim.js';
import {fallClaim} from './claim-fall.js';
import {middleClaim} from './claim-middle.js';
import {claimPage} from './claim-page.js';
import {penaltyClaim} from './claim-penalty.js';
import {placesClaim} from './claim-places.js';
import {shapeClaim} from './claim-shape.js';
import {comparisonTitle, finalRecords} from './comparison-section.js';
import {conditionsPage} from './conditions-page.js';
import type {Differences} from './differences.js';
import type {Evidence} from './evidence.js';
import {notRunYet} from './evidence.js';
import type {JudgedClaim} from './judged-claim.js';
import {depthPictures, fallEvidence, middleEvidence, shapeEvidence} from './protocol-evidence.js';
import {summaryPage} from './summary-page.js';
import {tunedPictures} from './tuned-figure.js';

/** What a run of the study has left. */
export interface AllRecords {
  /** Of the part with few images. */
  readonly small: StudyRecords;
  readonly protocol: readonly RecipeRecord[];
  readonly spectra: readonly SpectraRecord[];
  readonly comparison: readonly RecipeRecord[];
  /** Trainings of these once more, on another device. */
  readonly again: readonly RecipeRecord[];
}

/** Writes study.md, a page a claim and the pictures. All numbers come from the records. */
export async function writeDocument(
  tf: TensorFlow,
  records: AllRecords,
  plan: ComparisonPlan,
  docs: string,
): Promise<string[]> {
  const {small, protocol, spectra, comparison, again} = records;
  const settings = settingsOf(small);
  const goe = new Map<number, DensityRecord>();
  for (const size of layerSizes(settings)) goe.set(size, await goeDensity(tf, size, small.config.spectra));
  const depth = await depthAnswers(tf, spectra);
  const ofProtocol: Differences = {
    found: armDifferences(protocol, [
      ...(['htr', 'htr-l2', 'middle'] as const).map(arm => [arm, 'none'] as const),
      ['middle', 'htr'],
    ]),
    titles: {setting: protocolTitle, arm: name => protocolArmTitles[name as ProtocolArmName]},
  };
  const ofComparison: Differences = {
    found: armDifferences(finalRecords(comparison), [
      ...plan.arms.filter(arm => arm !== 'none').map(arm => [arm, 'none'] as const),
      ...(['htr-all', 'htr-first', 'htr-last'] as const).map(arm => ['htr-middle', arm] as const),
    ]),
    titles: {setting: comparisonTitle, arm: name => comparedArmTitles[name as ComparedArm]},
  };
  const tuned = tunedPictures(ofComparison, isPenaltyArm);
  const accuracy = ({found, titles}: Differences, isNeeded: (one: ArmDifference) => boolean) =>
    accuracyEvidence(found, isNeeded, titles);
  const toNone =
    (...arms: string[]) =>
    (one: ArmDifference) =>
      one.against === 'none' && arms.includes(one.arm);
  const claims: JudgedClaim[] = [
    {
      ...{name: 'shape', ...shapeClaim(settings, goe)},
      byProtocol: withPictures(shapeEvidence(depth, 'values'), depthPictures(depth)),
      byFairComparison: shapeEvidence(depth, 'positions'),
    },
    {
      ...{name: 'middle', ...middleClaim(settings)},
      byProtocol: middleEvidence(depth, 'values'),
      byFairComparison: middleEvidence(depth, 'positions'),
    },
    {
      ...{name: 'fall', ...fallClaim(settings, small.config)},
      byProtocol: fallEvidence(spectraFalls(spectra)),
      byFairComparison: {...notRunYet, text: 'Only on few images, where the values before training are known, too.'},
    },
    {
      ...{name: 'penalty', ...penaltyClaim(settings, small)},
      byProtocol: accuracy(ofProtocol, toNone('htr', 'htr-l2')),
      byFairComparison: withPictures(accuracy(ofComparison, toNone('htr-all', 'htr-joint')), tuned),
    },
    {
      ...{name: 'places', ...placesClaim(settings, small)},
      byProtocol: accuracy(ofProtocol, toNone('middle')),
      byFairComparison: accuracy(ofComparison, toNone('htr-middle')),
    },
  ];
  const costs = [...stepCosts(small.timings).values()].flatMap(byArm =>
    [...byArm].flatMap(([arm, {median}]) => (arm.startsWith('htr-') ? [median] : [])),
  );
  const files = new Map<string, string>([
    ['study.md', summaryPage({claims, protocol, comparison, plan, ofProtocol, ofComparison, costs, pictures: tuned})],
    ['study/what-was-run.md', conditionsPage({small, settings, recipes: [...protocol, ...comparison], again})],
    ...claims.map(claim => [`study/${claim.name}.md`, claimPage(claim)] as const),
    ...claims.flatMap(picturesOf).map(({name, svg}) => [`study/${name}`, svg] as const),
  ]);
  mkdirSync(join(docs, 'study'), {recursive: true});
  for (const [name, content] of files) writeFileSync(join(docs, name), content);
  return [...files.keys()].map(name => join(docs, name));
}

function picturesOf({picture, byProtocol, byFairComparison}: JudgedClaim): readonly Picture[] {
  return [picture, ...byProtocol.pictures, ...byFairComparison.pictures];
}

function withPictures(evidence: Evidence, pictures: readonly Picture[]): Evidence {
  const shown = pictures.map(({name, alt}) => `![${alt}](${name})`);
  return {...evidence, pictures, text: [...shown, evidence.text].join('\n\n')};
}

/** Larger random matrices have nearly the same density, the semicircle; they would take minutes. */
const LARGEST_RANDOM = 2 ** 16;

/** For each setting with spectra and each measure. */
async function depthAnswers(tf: TensorFlow, spectra: readonly SpectraRecord[]): Promise<DepthAnswer[]> {
  const random = new Map<number, DensityRecord>();
  for (const {parameters, nodes} of spectra.flatMap(({epochs}) => epochs[0]!.blocks)) {
    if (random.has(parameters)) continue;
    // As many steps as the float32 numbers in base64 are.
    const steps = Buffer.from(nodes, 'base64').length / 4;
    const size = Math.min(parameters, LARGEST_RANDOM);
    random.set(parameters, await goeDensity(tf, size, {steps, probes: 1}));
  }
  const bySetting = [...grouped(spectra, ({setting}) => setting).values()];
  return depthMeasures.flatMap(measure => bySetting.map(trainings => depthAnswer(trainings, measure, random)));
}
