import {printable, typesetNumber} from '../markup.js';
import {alignedText, columns} from '../table.js';
import {type Checkpoint, courses, isMeasured} from './checkpoint.js';

/** A table of checkpoints, as rows of text. */
export interface CheckpointTable {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const numbers = columns.filter(({title}) => !['block', 'class', 'parameters'].includes(title));

/**
 * The numbers of all checkpoints: a row for each block and checkpoint, the rows of a block one below the other. The reason of a
 * checkpoint without numbers is in a last column.
 */
export function checkpointTable(checkpoints: readonly Checkpoint[]): CheckpointTable {
  if (!checkpoints.some(isMeasured)) return failuresAlone(checkpoints);
  const failed = new Map(checkpoints.flatMap(each => (isMeasured(each) ? [] : [[each.path, each.error] as const])));
  const rows = courses(checkpoints).map(({points}) =>
    points.map(({checkpoint: {name, loss}, block}) => [
      block.label,
      name,
      block.layer === null ? typesetNumber(loss) : '',
      ...numbers.map(({cell}) => cell(block)),
    ]),
  );
  const [network = [], ...layers] = rows;
  const measured = network.values();
  const networkRows = checkpoints.map(({name, path}) =>
    failed.has(path)
      ? ['whole network', name, '', ...numbers.map(() => ''), failed.get(path)!]
      : (measured.next().value as readonly string[]),
  );
  const titles = ['block', 'checkpoint', 'loss', ...numbers.map(({title}) => title)];
  if (failed.size === 0) return {titles, rows: [...networkRows, ...layers.flat()]};
  const width = titles.length + 1;
  const widened = (row: readonly string[]) => (row.length < width ? [...row, ''] : row);
  return {titles: [...titles, 'failure'], rows: [...networkRows, ...layers.flat()].map(widened)};
}

function failuresAlone(checkpoints: readonly Checkpoint[]): CheckpointTable {
  return {
    titles: ['block', 'checkpoint', 'failure'],
    rows: checkpoints.map(each => ['whole network', each.name, isMeasured(each) ? '' : each.error]),
  };
}

/** The columns with words. */
const words = ({titles}: CheckpointTable) => new Set([0, 1, titles.indexOf('failure')]);

export function checkpointText(checkpoints: readonly Checkpoint[]): string {
  const table = checkpointTable(checkpoints);
  return alignedText([table.titles, ...table.rows], words(table));
}

/** The table in Markdown, as GitHub reads it. */
export function checkpointMarkdown(checkpoints: readonly Checkpoint[]): string {
  const table = checkpointTable(checkpoints);
  const left = words(table);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(table.titles),
    line(table.titles.map((_, i) => (left.has(i) ? '---' : '---:'))),
    ...table.rows.map(row => line(row.map(markdown))),
  ].join('\n');
}

/** Text in which nothing is markup. */
export function markdown(text: string): string {
  return printable(text).replaceAll(/[\\`*_{}[\]<>#|&~!]/g, sign => `\\${sign}`);
}
