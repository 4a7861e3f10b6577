import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {recordLine} from '../../src/sinks/sample-line.js';
import {runMarkdown} from '../run-markdown.js';
import {makeSample} from '../sinks/make-sample.js';

const page = readFileSync(new URL('../../docs/integrations.md', import.meta.url), 'utf8');
const start = process.cwd();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-plot-'));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(start);
  rmSync(folder, {recursive: true});
});

it('docs/integrations.md draws the trace of each layer from the file of a run', async () => {
  const samples = [0, 1, 2].map(i => makeSample(i, {layers: ['first', 'second']}));
  writeFileSync('run.ndjson', samples.map(sample => `${recordLine(sample)}\n`).join(''));
  await runMarkdown(page);
  const svg = readFileSync('traces.svg', 'utf8');
  const lines = /aria-label="line".*?<\/g>/s.exec(svg)![0];
  expect(lines.match(/<path/g)).toHaveLength(2);
  expect(svg).toMatch(/>first<.*>second</s);
  expect(svg).not.toContain('NaN');
});
