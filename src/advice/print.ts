import type {Finding, FindingLevel} from './finding.js';

const MARKS: Readonly<Record<FindingLevel, string>> = {act: '!', look: '?', note: '·'};

/** The findings as lines of text: what was found, and what to try. */
export function findingLines(findings: readonly Finding[]): string[] {
  return findings.flatMap(({level, text, tryThis}) => [
    `${MARKS[level]} ${text}`,
    ...(tryThis === '' ? [] : [`  ${tryThis}`]),
  ]);
}
