import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, writeFileSync} from 'node:fs';
import type {IncomingMessage} from 'node:http';
import {get} from 'node:http';
import {join} from 'node:path';
import type {Worker} from 'node:worker_threads';
import {Subject} from 'rxjs';
import {describe, expect, it, vi} from 'vitest';
import {PageThread} from '../../../src/dashboard/server/page-thread.js';
import {dashboard} from '../../../src/dashboard.js';
import {tsx} from '../../engine/run-source.js';
import {makeSample} from '../../sinks/make-sample.js';
import {useFolder} from '../../sinks/use-folder.js';

/** The threads that this process has started. */
const started: Worker[] = vi.hoisted(() => []);
vi.mock('../../../src/node-thread.js', async original => {
  const {startThread} = await original<typeof import('../../../src/node-thread.js')>();
  return {
    startThread: (...args: Parameters<typeof startThread>) => {
      const worker = startThread(...args);
      started.push(worker);
      return worker;
    },
  };
});

const inFolder = useFolder();
const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
/** The start of a program with a page, which writes its URL. */
const opened = `
import {existsSync} from 'node:fs';
import {setTimeout as pause} from 'node:timers/promises';
import {dashboard} from ${url('../../../src/dashboard.ts')};
import {makeSample} from ${url('../../sinks/make-sample.ts')};
const page = await dashboard();
console.log(page.url);
`;

/** Runs a program in a process of its own; `url` is its first line. */
async function run(program: string) {
  const child = spawn(process.execPath, ['--import', tsx, '--input-type=module', '-e', opened + program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = new Promise<number | null>(resolve => child.on('close', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()));
    ended.then(code => reject(new Error(`The program has ended with ${code}: ${errors}`)));
  });
  return {url, ended};
}

/** An open page. Not by `fetch`, which drops what it has received and not given yet when the server ends. */
async function openPage(url: string): Promise<IncomingMessage> {
  const [response] = (await once(get(`${url}events`), 'response')) as [IncomingMessage];
  return response.setEncoding('utf8');
}

/** What an open page receives, until it holds a text or the server ends. */
function received(page: IncomingMessage, until: string): Promise<string> {
  let text = '';
  return new Promise(resolve => {
    const finish = () => {
      page.destroy();
      resolve(text);
    };
    page
      .on('data', (part: string) => {
        text += part;
        if (text.includes(until)) finish();
      })
      .on('error', finish)
      .on('end', finish);
  });
}

const sampleEvent = (index: number) => `"index":${index},`;

describe('the page of a program', () => {
  it('answers, and shows a sample, while the program computes without a turn of its event loop', async () => {
    const folder = inFolder('blocked');
    mkdirSync(folder);
    const [connected, released] = ['connected', 'released'].map(name => join(folder, name)) as [string, string];
    const {url, ended} = await run(`
while (!existsSync(${JSON.stringify(connected)})) await pause(20);
page.next(makeSample(7));
while (!existsSync(${JSON.stringify(released)}));
`);
    const page = await openPage(url);
    writeFileSync(connected, '');
    expect(await received(page, sampleEvent(7))).toContain(sampleEvent(7));
    expect(await (await fetch(url)).text()).toContain('<!doctype html>');
    expect(await (await fetch(`${url}view?run=run-1&blocks=0`)).json()).toMatchObject({moments: {index: [7]}});
    writeFileSync(released, '');
    expect(await ended).toBe(0);
  });

  it.each([
    ['ends by itself', ''],
    ['calls process.exit', 'process.exit();'],
    ['throws', "setImmediate(() => {throw new Error('This error is expected.')}); await new Promise(() => {});"],
  ])('has the last of many samples when the program %s after it', async (_, last) => {
    const folder = inFolder('last');
    mkdirSync(folder);
    const connected = join(folder, 'connected');
    const {url, ended} = await run(`
while (!existsSync(${JSON.stringify(connected)})) await pause(20);
for (let i = 0; i < 1000; i++) page.next(makeSample(i));
${last}`);
    const page = await openPage(url);
    writeFileSync(connected, '');
    expect(await received(page, sampleEvent(999))).toContain(sampleEvent(999));
    await ended;
  });
});

describe('the thread of a page', () => {
  it('has all samples of a burst; few of them wait for it at any time', async () => {
    const page = await PageThread.open({port: 0, host: '127.0.0.1'}, () => {});
    const {backlog} = page as unknown as {backlog: {size: number}};
    let most = 0;
    for (let i = 0; i < 2000; i++) {
      page.tell({kind: 'sample', sample: makeSample(i)});
      most = Math.max(most, backlog.size);
    }
    expect(most).toBeLessThanOrEqual(64);
    await page.settled();
    expect(backlog.size).toBe(0);
    expect(await (await fetch(`${page.url}view?run=run-1&blocks=0`)).json()).toMatchObject({samples: 2000});
    await page.close();
  });

  it('is reported when it fails, and the stream goes on', async () => {
    const failures: string[] = [];
    const page = await dashboard({failures$: {next: ({error}) => failures.push(error.message)}});
    const samples$ = new Subject<ReturnType<typeof makeSample>>();
    const seen: number[] = [];
    samples$.subscribe(page);
    samples$.subscribe(({index}) => seen.push(index));
    samples$.next(makeSample(0));
    const worker = started.at(-1)!;
    const gone = new Promise(resolve => worker.once('exit', resolve));
    // No message of ours.
    worker.postMessage(null);
    await gone;
    expect(failures).toEqual([
      expect.stringMatching(/^dashboard\(\) no longer serves its page: its thread has ended \(.*null/),
    ]);
    samples$.next(makeSample(1));
    page.penalty.next({step: 1, total: 1, layers: {}});
    expect(failures.slice(1)).toEqual([
      'dashboard() could not write sample 1 of run run-1: its page is no longer served; make a new one.',
    ]);
    expect(seen).toEqual([0, 1]);
    samples$.complete();
    await page.closed;
    await page.close();
    expect(failures).toHaveLength(2);
  });

  it('has ended when its page is closed, also if it is closed twice', async () => {
    const page = await dashboard();
    const worker = started.at(-1)!;
    let ends = 0;
    worker.once('exit', () => ends++);
    page.next(makeSample(0));
    const listeners = process.listenerCount('exit');
    await Promise.all([page.close(), page.close()]);
    expect(ends).toBe(1);
    expect(process.listenerCount('exit')).toBe(listeners - 1);
    await expect(fetch(page.url)).rejects.toThrow();
  });

  it('has ended when its port cannot be opened', async () => {
    const page = await dashboard();
    await expect(dashboard({port: Number(new URL(page.url).port)})).rejects.toThrow(/another program uses it/);
    const worker = started.at(-1)!;
    await vi.waitFor(() => expect(worker.threadId).toBe(-1), 20_000);
    await page.close();
  });
});
