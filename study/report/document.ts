import {existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {DensityRecord} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import {goeDensity} from '../analysis/goe.js';
import {layerSizes} from '../analysis/layer-distances.js';
import type {Setting} from '../analysis/settings.js';
import {settingsOf} from '../analysis/settings.js';
import type {RecipeRecord} from '../recipe/recipe-record.js';
import type {StudyRecords} from '../records/load.js';
import type {Claim} from './claim.js';
import {fallClaim} from './claim-fall.js';
import {middleClaim} from './claim-middle.js';
import {penaltyClaim} from './claim-penalty.js';
import {placesClaim} from './claim-places.js';
import {shapeClaim} from './claim-shape.js';
import {cost, setting, strengths} from './conditions.js';
import {markdownTable} from './markdown.js';
import {protocolSection} from './protocol-section.js';

/** Writes study.md and its pictures. All numbers come from the records. */
export async function writeDocument(
  tf: TensorFlow,
  records: StudyRecords,
  protocol: readonly RecipeRecord[],
  docs: string,
): Promise<string[]> {
  const settings = settingsOf(records);
  const goe = new Map<number, DensityRecord>();
  for (const size of layerSizes(settings)) goe.set(size, await goeDensity(tf, size, records.config.spectra));
  const claims = claimsOf(settings, records, goe);
  const pictures = join(docs, 'study');
  if (!existsSync(pictures)) mkdirSync(pictures, {recursive: true});
  const paths = [join(docs, 'study.md'), ...claims.map(({picture}) => join(pictures, picture.name))];
  writeFileSync(paths[0]!, documentOf(records, protocol, settings, claims));
  claims.forEach(({picture}, i) => {
    writeFileSync(paths[i + 1]!, picture.svg);
  });
  return paths;
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
  protocol: readonly RecipeRecord[],
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
    protocolSection(protocol),
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
