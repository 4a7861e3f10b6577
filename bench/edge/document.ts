import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {fixed, markdownTable, number} from '../../study/report/markdown.js';
import {edgePicture} from './picture.js';
import type {EdgeRecord} from './record.js';
import {settings} from './settings.js';
import {summaryOf} from './summary.js';

const page = fileURLToPath(new URL('../../docs/stability.md', import.meta.url));
const picture = fileURLToPath(new URL('../../docs/pictures/edge-of-stability.svg', import.meta.url));
const [BEGIN, END] = ['<!-- made by bench/edge-of-stability.ts -->', '<!-- end -->'];

/** Draws the picture, and writes the table into docs/stability.md. */
export function writeDocument(records: readonly EdgeRecord[]): string[] {
  const text = readFileSync(page, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('docs/stability.md has no block for the edge of stability.');
  writeFileSync(page, `${text.slice(0, begin + BEGIN.length)}\n${edgeTable(records)}\n${text.slice(end)}`);
  writeFileSync(picture, edgePicture(records));
  return [page, picture];
}

/** When each optimizer reached its edge, and where it was from then on. */
export function edgeTable(records: readonly EdgeRecord[]): string {
  const rows = records.map(record => {
    const {title, options} = settings[record.optimizer]!;
    const {reachedAt, ratio, plain, loss} = summaryOf(record);
    return [
      [title, options].filter(part => part !== '').join(', '),
      String(record.learningRate),
      reachedAt === null ? 'never' : String(reachedAt),
      ratio === null ? '–' : `${fixed(ratio.mean, 2)} (${fixed(ratio.least, 2)} to ${fixed(ratio.most, 2)})`,
      plain === null ? '–' : number(plain.mean, 2),
      `${number(loss[0], 2)} → ${number(loss[1], 2)}`,
    ];
  });
  return markdownTable(
    ['optimizer', 'η', 'at the edge from step', 'ratio from then on, mean (range)', 'λ₁ η / 2', 'loss'],
    rows,
  );
}
