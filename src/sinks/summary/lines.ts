import type {Finding} from '../../advice/finding.js';
import {findingLines} from '../../advice/print.js';
import {printable} from '../../report/markup.js';
import {spelled, type TerminalStyle} from '../../report/terminal-style.js';

/** More findings are counted, not printed. */
const MOST = 3;

/** Parts of a line, as many as fit, beginning with the first. */
export function fitted(parts: readonly string[], style: TerminalStyle): string {
  const texts = parts.map((_, i) => spelled(printable(parts.slice(0, i + 1).join(' · ')), style));
  const [first = ''] = texts;
  return texts.findLast(text => lengthOf(text) <= style.width) ?? [...first].slice(0, style.width).join('');
}

/** The findings as lines, wrapped between words. */
export function findingsText(findings: readonly Finding[], style: TerminalStyle): string {
  const more = findings.length - MOST;
  const lines = [
    ...findingLines(findings.slice(0, MOST)),
    ...(more > 0 ? [`  … and ${more} more: see advise(samples), or npx tfjs-hessian advise <run.ndjson>.`] : []),
  ];
  return paragraphs(lines, style);
}

/** Texts of any length, wrapped between words. */
export function paragraphs(texts: readonly string[], style: TerminalStyle): string {
  return texts.flatMap(text => wrapped(spelled(printable(text), style), style.width)).join('\n');
}

/** A text as lines of at most so many columns; all but the first are indented. A longer word is not broken. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<=\S) +/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && lengthOf(longer) > width) {
      lines.push(line);
      line = `  ${word}`;
    } else line = longer;
  }
  return [...lines, line];
}

function lengthOf(text: string): number {
  return [...text].length;
}
