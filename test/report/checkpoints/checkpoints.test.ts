import {parseHTML} from 'linkedom';
import {describe, expect, it} from 'vitest';
import type {Checkpoint} from '../../../src/report/checkpoints/checkpoint.js';
import {checkpointAxis} from '../../../src/report/checkpoints/checkpoint-axis.js';
import {checkpointPage} from '../../../src/report/checkpoints/checkpoint-page.js';
import {checkpointMarkdown, checkpointTable, checkpointText} from '../../../src/report/checkpoints/checkpoint-table.js';
import {makeSample} from '../../sinks/make-sample.js';

const HOSTILE = `</svg><script>alert(1)</script><img src=x onerror="alert(2)">|\u001b[2J`;
const facts = {title: 'Hessian', details: []} as const;
const document = () => parseHTML('<html></html>').document as unknown as Document;

const measured = (name: string, index: number, layers: string[]): Checkpoint => {
  const {loss, full, layers: blocks} = makeSample(index, {layers});
  return {name, path: `runs/${name}`, loss, spectra: {full, layers: blocks}};
};
const failed = (name: string, error: string): Checkpoint => ({name, path: `runs/${name}`, error});

const checkpoints = [
  measured('step-2', 0, ['conv', 'whole network']),
  failed('step-5', 'it is torn'),
  measured('step-10', 1, ['conv']),
];

describe('the table of checkpoints', () => {
  it('has the rows of a block one below the other, and the reason of a checkpoint without numbers', () => {
    const {titles, rows} = checkpointTable(checkpoints);
    expect(titles.slice(0, 4)).toEqual(['block', 'checkpoint', 'loss', 'trace']);
    expect(titles.at(-1)).toBe('failure');
    expect(rows.map(row => [row[0], row[1], row[2], row.at(-1)])).toEqual([
      ['whole network', 'step-2', '0.3333', ''],
      ['whole network', 'step-5', '', 'it is torn'],
      ['whole network', 'step-10', '0.25', ''],
      ['conv', 'step-2', '', ''],
      ['conv', 'step-10', '', ''],
      // A layer with this name is not the network.
      ['whole network', 'step-2', '', ''],
    ]);
    for (const row of rows) expect(row).toHaveLength(titles.length);
    expect(checkpointTable(checkpoints.filter(each => 'spectra' in each)).titles).not.toContain('failure');
  });

  it('has only reasons if no checkpoint has numbers', () => {
    expect(checkpointTable([failed('a', 'no'), failed('b', 'none')])).toEqual({
      titles: ['block', 'checkpoint', 'failure'],
      rows: [
        ['whole network', 'a', 'no'],
        ['whole network', 'b', 'none'],
      ],
    });
  });

  it('is one line for each row, whatever is in a name, as text and as Markdown', () => {
    const hostile = [measured(HOSTILE, 0, [HOSTILE]), failed('a\nb', HOSTILE)];
    expect(checkpointText(hostile).split('\n')).toHaveLength(4);
    const lines = checkpointMarkdown(hostile).split('\n');
    expect(lines).toHaveLength(5);
    const cells = lines.map(line => line.split(/(?<!\\)\|/).length);
    expect(new Set(cells).size).toBe(1);
    expect(lines.join('\n')).not.toMatch(/(?<!\\)</);
    expect(lines.join('\n')).not.toContain('\u001b');
  });
});

describe('the axis of checkpoints', () => {
  const axis = (...names: string[]) => checkpointAxis(names.map(name => ({name})));

  it('is the number in which the names differ', () => {
    expect(axis('step-2', 'step-10')).toEqual({places: [2, 10], unit: 'step'});
    expect(axis('run3/epoch_2.json', 'run3/epoch_10.json').places).toEqual([2, 10]);
    expect(axis('0.5', '1')).toEqual({places: [0.5, 1], unit: 'checkpoint'});
  });

  it('counts the checkpoints if their names differ in something else, or share a number', () => {
    for (const names of [['a-1', 'b-2'], ['step-1', 'last'], ['step-01', 'step-1'], ['only-7']]) {
      expect(axis(...names)).toEqual({places: names.map((_, i) => i + 1), unit: null});
    }
  });
});

describe('the page of checkpoints', () => {
  it('draws loss, trace, largest eigenvalue and densities, each layer, and a cross where numbers are missing', () => {
    const page = checkpointPage(checkpoints, facts, document());
    const {document: read} = parseHTML(page);
    expect([...read.querySelectorAll('figure')].map(figure => figure.getAttribute('aria-label'))).toEqual([
      ...['Loss', 'Trace', 'Largest eigenvalue', 'Spectral densities of the whole network'],
      ...['Trace of conv', 'Largest eigenvalue of conv'],
      ...['Trace of whole network', 'Largest eigenvalue of whole network'],
    ]);
    expect(page).not.toMatch(/NaN|Infinity|undefined|null/);
    const crosses = [...read.querySelectorAll('figure')].map(
      figure => [...figure.querySelectorAll('.on-wide text')].filter(text => text.textContent === '×').length,
    );
    expect(crosses).toEqual([1, 1, 1, 0, 1, 1, 2, 2]);
    expect(read.querySelector('li')!.textContent).toBe('step-5: it is torn');
    expect(read.querySelectorAll('tbody tr')).toHaveLength(6);
    expect(read.querySelectorAll('script, link, img, iframe, [src], [href]')).toHaveLength(0);
  });

  it('escapes names and reasons, and can be drawn for one checkpoint and for none', () => {
    for (const list of [[measured(HOSTILE, 0, [HOSTILE]), failed(HOSTILE, HOSTILE)], [failed('a', 'b')], []]) {
      const page = checkpointPage(list, facts, document());
      expect(parseHTML(page).document.querySelectorAll('script, img')).toHaveLength(0);
      expect(page).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it('has a logarithmic axis for numbers of one sign that differ by more than a hundred', () => {
    const scaled = (name: string, factor: number): Checkpoint => {
      const each = measured(name, 0, []) as Extract<Checkpoint, {loss: number}>;
      const {full} = each.spectra;
      return {
        ...each,
        spectra: {layers: [], full: {...full, trace: {...full.trace, value: factor, standardError: factor}}},
      };
    };
    const labels = (list: Checkpoint[]) => {
      const {document: read} = parseHTML(checkpointPage(list, facts, document()));
      const axis = read.querySelector('[aria-label="Trace"] .on-wide [aria-label*="y-axis"]')!;
      return [...axis.querySelectorAll('text')].map(text => text.textContent);
    };
    expect(labels([scaled('1', 1), scaled('2', 1000)])).toEqual(expect.arrayContaining(['1', '10', '100', '1000']));
    expect(labels([scaled('1', 1), scaled('2', 20)])).toContain('0');
  });
});
