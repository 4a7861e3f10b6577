import type {ComparisonPlan} from '../comparison/plan.js';
import {isPenaltyArm} from '../comparison/plan.js';
import type {RecipeRecord} from '../recipe/recipe-record.js';
import type {Picture} from './claim.js';
import {comparisonSection} from './comparison-section.js';
import type {Differences} from './differences.js';
import type {Evidence} from './evidence.js';
import type {JudgedClaim} from './judged-claim.js';
import {markdownTable} from './markdown.js';
import {protocolFacts, protocolResults} from './protocol-section.js';
import {useItBox} from './use-it.js';

export interface SummaryArgs {
  readonly claims: readonly JudgedClaim[];
  readonly protocol: readonly RecipeRecord[];
  readonly comparison: readonly RecipeRecord[];
  readonly plan: ComparisonPlan;
  readonly ofProtocol: Differences;
  readonly ofComparison: Differences;
  /** Of penalized steps, in plain ones. */
  readonly costs: readonly number[];
  /** Of the tuned regularizers. */
  readonly pictures: readonly Picture[];
}

/** The page `study.md`: verdicts, the answer for a user, and the tables of all trainings on many images. */
export function summaryPage(args: SummaryArgs): string {
  const {claims, protocol, comparison, plan, ofProtocol, ofComparison, costs, pictures} = args;
  return [
    '# The paper, checked',
    'Sankar, Khasbage, Vigneswaran & Balasubramanian, [*A Deeper Look at the Hessian Eigenspectrum of Deep Neural Networks and its Applications to ' +
      'Regularization*](https://arxiv.org/abs/2012.03801) (AAAI 2021), makes five claims, which are the starting point of this package. `npm run study` tests them with this package and writes these pages; ' +
      '`npm run study -- --figures` makes them again from the records in `study/records`. There are three ways of testing, since they do not agree: **the authors’ protocol**, number beside number; **a fair comparison** on ' +
      'up to all images, with positions of eigenvalues in the place of density values, controls, and the same effort of tuning for each regularizer; and **small networks**, five of them, with 1,000 images and one learning rate. ' +
      'The verdicts hold for what was run.',
    markdownTable(
      ['claim', 'the authors’ protocol', 'a fair comparison', 'small networks, few images'],
      claims.map(({title, name, byProtocol, byFairComparison, outcome, inShort}) => [
        `[${title}](study/${name}.md)`,
        cell(byProtocol),
        cell(byFairComparison),
        `**${outcome}**: ${inShort}`,
      ]),
      4,
    ),
    '*Holds*: all comparisons that the claim needs support it, after correction for their number, at level 0.05. *Holds in part*: some support it. *Not shown*: none does. *Does not hold*: an essential one contradicts it. Brackets: 95 % intervals over seeds. ' +
      'Each claim has a page; [what was run](study/what-was-run.md) has data, networks, strengths and time.',
    '## Should I use the penalty?',
    ...pictures.map(({name, alt}) => `![${alt}](study/${name})`),
    useItBox(
      [
        {
          ...{how: 'with the authors’ strengths', differences: ofProtocol.found, titles: ofProtocol.titles},
          isPenalty: () => true,
        },
        {
          ...{how: 'each tuned', differences: ofComparison.found, titles: ofComparison.titles},
          isPenalty: isPenaltyArm,
        },
      ],
      costs,
    ),
    '## By the authors’ protocol',
    protocolFacts,
    protocolResults(protocol),
    '## Each regularizer, tuned',
    comparisonSection(plan, comparison),
  ]
    .join('\n\n')
    .concat('\n');
}

function cell({outcome, inShort}: Evidence): string {
  if (outcome === null) return inShort === '' ? '–' : `*too few seeds*: ${inShort}`;
  return `**${outcome}**: ${inShort}`;
}
