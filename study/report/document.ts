import {existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {DensityRecord} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {DepthAnswer} from '../analysis/depth.js';
import {depthAnswer, depthMeasures} from '../analysis/depth.js';
import {goeDensity} from '../analysis/goe.js';
import {layerSizes} from '../analysis/layer-distances.js';
import type {Setting} from '../analysis/settings.js';
import {settingsOf} from '../analysis/settings.js';
import {grouped} from '../grouped.js';
import type {RecipeRecord} from '../recipe/recipe-record.js';
import type {StudyRecords} from '../records/load.js';
import type {SpectraRecord} from '../records/recipe-folder.js';
import type {Claim} from './claim.js';
import {fallClaim} from './claim-fall.js';
import {middleClaim} from './claim-middle.js';
import {penaltyClaim} from './claim-penalty.js';
import {placesClaim} from './claim-places.js';
import {shapeClaim} from './claim-shape.js';
import {cost, setting, strengths} from './conditions.js';
import {depthSection} from './depth-section.js';
import {markdownTable} from './markdown.js';
import {protocolSection} from './protocol-section.js';

/** The records of trainings by recipes. */
export interface RecipeRecords {
  readonly protocol: readonly RecipeRecord[];
  readonly spectra: readonly SpectraRecord[];
  /** The text of the comparison of regularizers; empty if there is none yet. */
  readonly comparison: string;
}

/** Writes study.md and its pictures. All numbers come from the records. */
export async function writeDocument(
  tf: TensorFlow,
  records: StudyRecords,
  {protocol, spectra, comparison}: RecipeRecords,
  docs: string,
): Promise<string[]> {
  const settings = settingsOf(records);
  const goe = new Map<number, DensityRecord>();
  for (const size of layerSizes(settings)) goe.set(size, await goeDensity(tf, size, records.config.spectra));
  const claims = claimsOf(settings, records, goe);
  const depth = depthSection(await depthAnswers(tf, spectra));
  const pictures = [...(depth === null ? [] : [depth.picture]), ...claims.map(({picture}) => picture)];
  const folder = join(docs, 'study');
  if (!existsSync(folder)) mkdirSync(folder, {recursive: true});
  const text = documentOf(
    records,
    [
      protocolSection(protocol),
      ...(depth === null ? [] : [depth.text]),
      ...(comparison === '' ? [] : ['## Regularizers, each tuned', comparison]),
    ],
    settings,
    claims,
  );
  writeFileSync(join(docs, 'study.md'), text);
  for (const {name, svg} of pictures) writeFileSync(join(folder, name), svg);
  return [join(docs, 'study.md'), ...pictures.map(({name}) => join(folder, name))];
}

/** For each setting with spectra and each measure. */
async function depthAnswers(tf: TensorFlow, spectra: readonly SpectraRecord[]): Promise<DepthAnswer[]> {
  const random = new Map<number, DensityRecord>();
  for (const {parameters, nodes} of spectra.flatMap(({epochs}) => epochs[0]!.blocks)) {
    if (random.has(parameters)) continue;
    // As many steps as the float32 numbers in base64 are.
    const steps = Buffer.from(nodes, 'base64').length / 4;
    random.set(parameters, await goeDensity(tf, parameters, {steps, probes: 1}));
  }
  const bySetting = [...grouped(spectra, ({setting}) => setting).values()];
  return depthMeasures.flatMap(measure => bySetting.map(trainings => depthAnswer(trainings, measure, random)));
}

function claimsOf(
  settings: readonly Setting[],
  records: StudyRecords,
  goe: ReadonlyMap<number, DensityRecord>,
): readonly Claim[] {
  return [
    shapeClaim(settings, goe),
    middleClaim(settings),
    fallClaim(settings, records.config),
    penaltyClaim(settings, records),
    placesClaim(settings, records),
  ];
}

function documentOf(
  records: StudyRecords,
  protocol: readonly string[],
  settings: readonly Setting[],
  claims: readonly Claim[],
): string {
  return [
    '# The paper, checked',
    'Sankar, Khasbage, Vigneswaran & Balasubramanian, [*A Deeper Look at the Hessian Eigenspectrum of Deep Neural Networks and its Applications to ' +
      'Regularization*](https://arxiv.org/abs/2012.03801) (AAAI 2021), makes five claims, which are the starting point of this package. `npm run study` tests them on small networks with few images, ' +
      'with this package, and writes this page; `npm run study -- --figures` makes it again from the records in `study/records`. The verdicts are of these small settings and not ' +
      'of the paper’s own, which [the authors’ protocol](#the-authors-protocol) describes; they hold only for what was run here.',
    markdownTable(
      ['claim', 'here', 'in short'],
      claims.map(({title, outcome, inShort}) => [title, `**${outcome}**`, inShort]),
      3,
    ),
    '*Holds*: all comparisons that the claim needs support it, after correction for their number, at level 0.05. *Holds in part*: some support it. *Not shown*: none does. *Does not hold*: an essential one contradicts it.',
    '## The authors’ protocol',
    ...protocol,
    '## What was run',
    setting(records, settings),
    strengths(records, settings),
    ...claims.flatMap(section),
    '## What it took',
    cost(records, settings),
  ]
    .filter(part => part !== '')
    .join('\n\n')
    .concat('\n');
}

function section({title, claim, outcome, verdict, picture, body, wouldChange}: Claim): string[] {
  return [
    `## ${title}`,
    `> ${claim}`,
    `**${outcome[0]!.toUpperCase()}${outcome.slice(1)}.** ${verdict}`,
    `![${picture.alt}](study/${picture.name})`,
    body,
    `*What would change it.* ${wouldChange}`,
  ];
}
