import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {basename} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, describe, expect, it, vi} from 'vitest';
import {builtInMetrics} from '../../src/metrics/built-in.js';
import {useEngine} from '../engines.js';
import {codeBlocks, readersOwn, runMarkdown} from '../run-markdown.js';

const folder = new URL('../../docs/concepts/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8');
const index = read('README.md');
const pages = readdirSync(folder).filter(file => file !== 'README.md');

/** What a page links to or shows, without places on the web. */
function links(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)#:]+)\)/g)].map(([, target]) => target!);
}

beforeAll(() => useEngine('native'));
afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(pages)('the page %s', file => {
  const page = read(file);

  it('has examples that run, print something and leave no tensors behind', async () => {
    expect(codeBlocks(page).length).toBeGreaterThan(0);
    const shown: unknown[] = [];
    vi.spyOn(console, 'log').mockImplementation((...values) => void shown.push(...values));
    const own = await readersOwn();
    const before = tf.memory().numTensors;
    await runMarkdown(page, own);
    expect(tf.memory().numTensors).toBe(before);
    expect(shown.length).toBeGreaterThan(0);
    expect(shown).not.toContain(undefined);
    expect(shown).not.toContain(Number.NaN);
  });

  it('shows a small picture, and its links exist', () => {
    const pictures = links(page).filter(target => target.endsWith('.svg'));
    expect(pictures.length).toBeGreaterThan(0);
    for (const picture of pictures) expect(statSync(new URL(picture, folder)).size, picture).toBeLessThan(80_000);
    for (const target of links(page)) expect(existsSync(new URL(target, folder)), target).toBe(true);
  });

  it('is in the index', () => {
    expect(links(index)).toContain(basename(file));
  });
});

it('docs/concepts/metrics.md lists every built-in metric once', () => {
  const rows = [...read('metrics.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual(Object.keys(builtInMetrics));
});

it('the pages show every drawn picture', () => {
  const shown = pages.flatMap(file => links(read(file))).filter(target => target.endsWith('.svg'));
  const drawn = readdirSync(new URL('../pictures/', folder)).filter(
    file => file.endsWith('.svg') && file !== 'edge-of-stability.svg',
  );
  const there = drawn.map(file => `../pictures/${file}`);
  expect([...new Set(shown)].sort()).toEqual(there.sort());
});
