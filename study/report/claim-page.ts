import type {Evidence} from './evidence.js';
import type {JudgedClaim} from './judged-claim.js';

/** A claim's own page. */
export function claimPage(claim: JudgedClaim): string {
  const {title, byProtocol, byFairComparison, outcome, verdict, picture, body, wouldChange} = claim;
  return [
    `# ${title}`,
    `> ${claim.claim}`,
    'The claim is that of [the paper](../study.md). What each way of testing says of it:',
    '## By the authors’ protocol',
    ...section(byProtocol),
    '## By a fair comparison',
    ...section(byFairComparison),
    '## On small networks with few images',
    `**${capital(outcome)}.** ${verdict}`,
    `![${picture.alt}](${picture.name})`,
    body,
    `*What would change it.* ${wouldChange}`,
  ]
    .join('\n\n')
    .concat('\n');
}

function section({outcome, text}: Evidence): string[] {
  return outcome === null ? [text] : [`**${capital(outcome)}.**`, text];
}

function capital(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1);
}
