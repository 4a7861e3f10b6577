import {appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {from} from 'rxjs';
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import type {RunView} from '../../src/dashboard/answers.js';
import type {Watch, WatchArgs} from '../../src/dashboard/runs/watch-files.js';
import {watchFiles} from '../../src/dashboard/runs/watch-files.js';
import {InvalidArgumentError} from '../../src/errors.js';
import type {RunSink} from '../../src/sinks/ndjson.js';
import {ndjson} from '../../src/sinks/ndjson.js';
import {onNote} from '../../src/streams/notes-channel.js';
import type {TrainingNote} from '../../src/streams/training-note.js';
import {expectSoon, linesOf, samplesOn, soon, useBrowser} from '../dashboard/page/open-page.js';
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

  it('shows what failed, the logs of fit and the penalties of a run, also as they come', async () => {
    const sink = ndjson(file) as RunSink & {[onNote]?(note: TrainingNote): void};
    const moment = {schema: 2, run: 'run-1', epoch: 0, time: '2026-01-01T00:00:00.000Z'} as const;
    const failure = {...moment, kind: 'failure', batch: 1, of: 'sample', name: 'Error', message: 'NaN'} as const;
    const view = async (url: string) => {
      const query = new URLSearchParams({run: 'run.ndjson\nrun-1', blocks: ''});
      const {samples, failed, failures, logs, penalty} = (await (await fetch(`${url}view?${query}`)).json()) as RunView;
      return {
        ...{samples, failed, steps: failures.step, messages: failures.groups.map(({message}) => message)},
        ...{logs: logs.map(({name, band}) => [name, band.value]), penalty: penalty?.total.value},
      };
    };
    sink[onNote]!({...failure, step: 1});
    const {url} = await watch(file);
    expect(await view(url)).toEqual({
      ...{samples: 0, failed: 1, steps: [1], messages: ['Error: NaN'], logs: [], penalty: undefined},
    });
    sink.penalty.next({step: 1, total: 0.5, layers: {}});
    sink.next(makeSample(0));
    sink[onNote]!({...moment, kind: 'logs', batch: null, step: 4, logs: {loss: 2, val_acc: null}, learningRate: 0.1});
    sink[onNote]!({...failure, step: 5});
    await expectSoon(() => view(url)).toEqual({
      ...{samples: 1, failed: 2, steps: [1, 5], messages: ['Error: NaN'], penalty: [0.5]},
      logs: [
        ['loss', [2]],
        ['val_acc', [null]],
        ['learningRate', [0.1]],
      ],
    });
    sink.complete();
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

  it.each([
    ['is deleted', () => rmSync(file), /there is no such file/],
    [
      'becomes a folder',
      () => {
        rmSync(file);
        mkdirSync(file);
      },
      /it is a folder/,
    ],
  ])('says so when the file %s, keeps its samples, and follows it again once it is back', async (_, lose, reason) => {
    write(file, 0, 3);
    const lines: string[] = [];
    const watched = await watch(file, {warn: line => lines.push(line)});
    const runs = async () => {
      const response = await fetch(`${watched.url}events`);
      for await (const part of response.body!) return new TextDecoder().decode(part as Uint8Array);
      return '';
    };
    expect(await runs()).toContain('"hasEnded":false');
    lose();
    await vi.waitFor(() => expect(lines).toHaveLength(1), soon);
    expect(lines[0]).toMatch(reason);
    expect(lines[0]).toContain('Its samples stay on the page, which follows it again once it is back.');
    expect(await runs()).toContain('"hasEnded":true');
    expect(await indices(watched)).toEqual([0, 1, 2]);
    rmSync(file, {recursive: true, force: true});
    write(file, 10, 2);
    await expectSoon(() => indices(watched)).toEqual([10, 11]);
    await vi.waitFor(() => expect(lines.slice(1)).toEqual([`${file} can be read again.`]), soon);
    expect(await runs()).toContain('"hasEnded":false');
    await watched.close();
    await watched.ended;
  });

  it('ends at a line that is not a sample', async () => {
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

  it('keeps its token over a restart, and refuses one that can be guessed', async () => {
    write(file, 0, 1);
    const token = 'a-token-of-my-own';
    const {stdout} = await runSource([commandLine, 'watch', file, '--token', token], {killAt: 'Ctrl-C'});
    expect(new URL(stdout.split('\n')[0]!).pathname).toBe(`/${token}/`);
    expect(await runSource([commandLine, 'watch', file, '--token', 'x'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^tfjs-hessian: --token is "x"; it must be a text of 16 to 128 letters/),
    });
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
