import {appendFileSync, readFileSync, writeFileSync} from 'node:fs';
import {from} from 'rxjs';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import type {RunView} from '../../src/dashboard/answers.js';
import type {Watch, WatchArgs} from '../../src/dashboard/runs/watch-files.js';
import {watchFiles} from '../../src/dashboard/runs/watch-files.js';
import {InvalidArgumentError} from '../../src/errors.js';
import {ndjson} from '../../src/sinks/ndjson.js';
import {expectSoon, linesOf, samplesOn, useBrowser} from '../dashboard/page/open-page.js';
import {commandLine, runSource} from '../engine/run-source.js';
import {makeSample} from '../sinks/make-sample.js';
import {useFolder} from '../sinks/use-folder.js';

const inFolder = useFolder();
const open = useBrowser();
const watches: Watch[] = [];
let file = '';
beforeEach(() => {
  file = inFolder('run.ndjson');
});
afterEach(async () => {
  for (const each of watches.splice(0)) await each.close();
});

async function watch(path: string, args?: WatchArgs): Promise<Watch> {
  const made = await watchFiles(path, args);
  watches.push(made);
  return made;
}

/** Writes samples like a training. */
function write(path: string, first: number, count: number, options: Parameters<typeof makeSample>[1] = {}): void {
  from(Array.from({length: count}, (_, i) => makeSample(first + i, options))).subscribe(ndjson(path));
}

async function indices({url}: Watch, run = 'run.ndjson\nrun-1'): Promise<readonly number[]> {
  const response = await fetch(`${url}view?${new URLSearchParams({run, blocks: '0'})}`);
  return response.ok ? ((await response.json()) as RunView).moments.index : [];
}

describe('watch', () => {
  it('shows a run that is being written, from its first sample to its last', {tags: 'browser'}, async () => {
    write(file, 0, 3);
    const watched = await watch(file);
    const {page} = await open(watched.url);
    await expectSoon(() => samplesOn(page)).toEqual([0, 1, 2]);
    write(file, 3, 2);
    await expectSoon(() => samplesOn(page)).toEqual([0, 1, 2, 3, 4]);
    await expectSoon(() => page.getByLabel('run', {exact: true}).locator('option').allTextContents()).toEqual([
      'run.ndjson',
    ]);
  });

  it('waits for the end of a line, in whatever pieces it comes', async () => {
    write(file, 0, 3);
    const whole = readFileSync(file);
    const lines = whole.toString().split('\n');
    // Also within a character of several bytes.
    const letter = whole.indexOf('é', lines[0]!.length) + 1;
    writeFileSync(file, whole.subarray(0, letter));
    const watched = await watch(file);
    expect(await indices(watched)).toEqual([0]);
    appendFileSync(file, whole.subarray(letter, letter + 10));
    appendFileSync(file, whole.subarray(letter + 10));
    await expectSoon(() => indices(watched)).toEqual([0, 1, 2]);
  });

  it('opens a run whose process was killed in the middle of a line, and follows the process that continues it', async () => {
    write(file, 0, 2);
    const {length} = readFileSync(file, 'utf8').trimEnd();
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, length - 100));
    const watched = await watch(file);
    expect(await indices(watched)).toEqual([0]);
    // This cuts off the torn line.
    write(file, 1, 3);
    await expectSoon(() => indices(watched)).toEqual([0, 1, 2, 3]);
  });

  it('starts again when the file does', async () => {
    write(file, 0, 5);
    const watched = await watch(file);
    writeFileSync(file, '');
    write(file, 0, 2);
    await expectSoon(() => indices(watched)).toEqual([0, 1]);
  });

  it('compares two files, whose runs may have the same name', {tags: 'browser'}, async () => {
    const other = inFolder('other.ndjson');
    write(file, 0, 3, {layers: ['a']});
    write(other, 0, 4, {layers: ['a']});
    const watched = await watch(file, {compare: other});
    expect(await indices(watched)).toEqual([0, 1, 2]);
    expect(await indices(watched, 'other.ndjson\nrun-1')).toEqual([0, 1, 2, 3]);
    const {page} = await open(watched.url);
    const chosen = (label: string) => page.getByLabel(label, {exact: true}).locator('option:checked').textContent();
    await expectSoon(() => chosen('run')).toBe('run.ndjson');
    await expectSoon(() => chosen('compared with')).toBe('other.ndjson');
    await expectSoon(() => linesOf(page, 'trace')).toBe(4);
  });

  it('refuses a file that is not a run at once', async () => {
    await expect(watchFiles(inFolder('none'))).rejects.toThrow(/there is no such file. Name a run/);
    writeFileSync(file, 'hello\n');
    await expect(watchFiles(file)).rejects.toThrow(InvalidArgumentError);
    await expect(watchFiles(file)).rejects.toThrow(/run.ndjson, line 1: It is not JSON/);
    await expect(watchFiles(file, {compare: file})).rejects.toThrow(/cannot be compared with itself/);
  });

  it('ends when the file can no longer be followed', async () => {
    write(file, 0, 1);
    const watched = await watch(file);
    appendFileSync(file, '{"schema":1,"run":"run-1"}\n');
    await expect(watched.ended).rejects.toThrow(/line 2: It is not a sample/);
  });
});

describe('npx tfjs-hessian watch', () => {
  it('prints the URL', async () => {
    write(file, 0, 1);
    const {stdout} = await runSource([commandLine, 'watch', file], {killAt: 'Ctrl-C'});
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/\nCtrl-C ends it\.\n$/);
  });

  it('explains an error in one line', async () => {
    const run = (...args: string[]) => runSource([commandLine, 'watch', ...args]);
    expect(await run(inFolder('none'))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^tfjs-hessian: .*no such file.*\n$/),
    });
    expect(await run(file, '--port', 'x')).toMatchObject({code: 2, stderr: expect.stringContaining('from 0 to 65535')});
  });
});
