import {parseHTML} from 'linkedom';
import {describe, expect, it} from 'vitest';
import {reportBlocks} from '../../src/report/blocks.js';
import {reportPage} from '../../src/report/report-page.js';
import {reportSheet} from '../../src/report/report-sheet.js';
import {textTable} from '../../src/report/table.js';
import {makeSample} from '../sinks/make-sample.js';

const HOSTILE = `</svg><script>alert(1)</script><img src=x onerror="alert(2)">`;
const facts = {title: HOSTILE, details: [[HOSTILE, HOSTILE]]} as const;
const pageDocument = () => parseHTML('<html></html>').document as unknown as Document;
const spectra = makeSample(1, {layers: ['conv', HOSTILE]});

describe('a report', () => {
  it('escapes the names of layers and files', () => {
    const {document} = parseHTML(reportPage(spectra, facts, pageDocument()));
    expect(document.querySelectorAll('script, img')).toHaveLength(0);
    expect(document.querySelector('h1')!.textContent).toBe(HOSTILE);
    expect([...document.querySelectorAll('tbody th')].at(-1)!.textContent).toBe(HOSTILE);
    expect(document.querySelectorAll('figure .on-wide svg')).toHaveLength(4);
    expect(document.querySelectorAll('figure .on-narrow svg')).toHaveLength(4);
    const sheet = parseHTML(reportSheet(spectra, facts, pageDocument())).document;
    expect(sheet.querySelectorAll('script, img')).toHaveLength(0);
    expect(sheet.querySelector('text')!.textContent).toBe(HOSTILE);
  });

  it('ends with what the numbers say, and how to read them', () => {
    const noisy = {...spectra.full, trace: {value: 1, standardError: 2, probes: 16}};
    const {document} = parseHTML(reportPage({...spectra, full: noisy}, facts, pageDocument()));
    const texts = [...document.querySelectorAll('p')].slice(-3).map(({textContent}) => textContent);
    expect(texts).toEqual([
      expect.stringMatching(/^The trace is hardly known: .* 1 ± 2\. If eigenvalues of both signs cancel/),
      expect.stringMatching(/^Compare the largest eigenvalue with 2 \/ learning rate: .* 2 \/ 5 = 0\.4\.$/),
      expect.stringContaining('docs/reading-the-numbers.md'),
    ]);
  });

  it('can be drawn for the zero operator, for one probe, and without layers', () => {
    const zero = {nodes: [[0]], weights: [[1]]};
    const exact = {value: 0, standardError: null, probes: 1};
    const full = {...spectra.full, trace: exact, density: zero, largest: [{value: 0, residual: 0}]};
    const page = reportPage({full, layers: []}, facts, pageDocument());
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
    expect(parseHTML(page).document.querySelectorAll('figure .on-wide svg')).toHaveLength(3);
  });

  it('has axes labelled with eigenvalues, also small ones', () => {
    const nodes = [[-0.004, 0.002, 0.04]];
    const small = {...spectra.full, density: {nodes, weights: [[0.2, 0.3, 0.5]]}};
    const {document} = parseHTML(reportPage({full: small, layers: []}, facts, pageDocument()));
    const labels = [...document.querySelector('.on-wide')!.querySelectorAll('text')].map(text => text.textContent);
    expect(labels).toEqual(expect.arrayContaining(['−0.001', '0.001', '0.01']));
  });

  it('has a table in which a name cannot move the cursor', () => {
    const table = textTable(reportBlocks(makeSample(1, {layers: ['a\u001b[2J\nb']})));
    expect(table.split('\n')).toHaveLength(3);
    expect(table).toContain('a␣[2J␣b');
  });
});
