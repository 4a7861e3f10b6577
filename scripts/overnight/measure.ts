import {fork} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {type CDPSession, chromium, type Page} from 'playwright-core';
import type {Rolldown} from 'vite';
import {build} from 'vite';
import {chromiumArgs, chromiumPath} from '../../test/chromium.js';
import type {Order, Told} from './messages.js';

export interface OvernightArgs {
  readonly samples: number;
  readonly layers: number;
  /** The number of samples whose way to the screen is timed. */
  readonly looks: number;
  /** The number of samples at the beginning and at the end for which the training's waiting is timed. */
  readonly timed: number;
  /** The URL of the dashboard's module: of the built package or of the sources. */
  readonly module: string;
}

/** Bytes and milliseconds. */
export interface OvernightFigures {
  readonly samples: number;
  /** The process of the training and of the page's server. */
  readonly process: {readonly empty: number; readonly most: number; readonly end: number};
  /** JavaScript's heap of the open page: the most that was reserved, and what is in use at the end. */
  readonly page: {readonly most: number; readonly used: number};
  /** How long the training waits for a sample, with few samples on the page and with all of them. */
  readonly waits: {readonly first: readonly number[]; readonly last: readonly number[]};
  /** From a sample to the page that shows it. */
  readonly delays: readonly number[];
  /** The time that it took to send all samples. */
  readonly feeding: number;
}

/** The page's heap is looked at after so many samples. */
const PART = 1000;

/** Trains overnight in a few minutes: sends samples to a page that a browser shows. */
export async function measureOvernight(
  {samples, layers, looks, timed, module}: OvernightArgs,
  onProgress: (samples: number) => void = () => {},
): Promise<OvernightFigures> {
  const training = await startTraining(layers, module);
  const browser = await chromium.launch({executablePath: chromiumPath(), args: [...chromiumArgs]});
  try {
    const page = await browser.newPage({viewport: {width: 1440, height: 1000}});
    const empty = training.first.bytes;
    let most = 0;
    const ask = async (order: Order): Promise<Told> => {
      const told = await training.ask(order);
      most = Math.max(most, told.mostBytes);
      return told;
    };
    await ask({kind: 'take', until: 1});
    await page.goto(training.first.url);
    await shows(page, 1);
    const heap = await Heap.of(page);
    const first = await ask({kind: 'time', samples: timed});
    const began = performance.now();
    for (let taken = first.samples; taken < samples; ) {
      const until = Math.min(samples, PART * (1 + Math.floor(taken / PART)));
      await ask({kind: 'take', until});
      await heap.look();
      taken = until;
      onProgress(taken);
    }
    const feeding = performance.now() - began;
    const last = await ask({kind: 'time', samples: timed});
    await shows(page, last.samples);
    const delays: number[] = [];
    for (let i = 0; i < looks; i++) {
      // The page is idle, as before most samples of a training.
      await page.waitForTimeout(1000);
      const sent = performance.now();
      const {samples: newest} = await ask({kind: 'take', until: last.samples + i + 1});
      await shows(page, newest);
      delays.push(performance.now() - sent);
    }
    const {bytes: end} = await ask({kind: 'time', samples: 0});
    return {
      samples: last.samples + looks,
      process: {empty, most, end},
      page: {most: heap.most, used: await heap.used()},
      waits: {first: first.waits, last: last.waits},
      delays,
      feeding,
    };
  } finally {
    await browser.close();
    await training.end();
  }
}

const TSX = import.meta.resolve('tsx');

async function bundledTraining(): Promise<string> {
  const {output} = (await build({
    configFile: false,
    logLevel: 'silent',
    build: {write: false, target: 'node20', ssr: fileURLToPath(new URL('./training.ts', import.meta.url))},
  })) as Rolldown.RolldownOutput;
  return output[0].code;
}

async function startTraining(layers: number, module: string) {
  const folder = await mkdtemp(join(tmpdir(), 'tfjs-hessian-overnight-'));
  const script = join(folder, 'training.mjs');
  await writeFile(script, await bundledTraining());
  // The built package runs as in a user's process, without anything that reads TypeScript.
  const child = fork(script, [String(layers), module], {execArgv: module.endsWith('.ts') ? ['--import', TSX] : []});
  const exited = once(child, 'exit');
  const gone = exited.then(([code]) => {
    throw new Error(`The training has ended with exit code ${code}.`);
  });
  gone.catch(() => {});
  const told = () => Promise.race([once(child, 'message').then(([message]) => message as Told), gone]);
  const first = await told();
  return {
    first,
    ask(order: Order): Promise<Told> {
      const answer = told();
      child.send(order);
      return answer;
    },
    async end(): Promise<void> {
      if (child.connected) child.send({kind: 'end'} satisfies Order);
      await exited;
      await rm(folder, {recursive: true});
    },
  };
}

/** Resolves when the pictures and the table show the sample of a step. */
async function shows(page: Page, step: number): Promise<void> {
  await page.waitForFunction(
    wanted => document.querySelector('.tables caption')?.textContent?.includes(`at step ${wanted};`),
    step,
    {polling: 'raf', timeout: 120_000},
  );
}

/** JavaScript's heap of a page. */
class Heap {
  most = 0;

  private constructor(private readonly client: CDPSession) {}

  static async of(page: Page): Promise<Heap> {
    const client = await page.context().newCDPSession(page);
    await client.send('Performance.enable');
    return new Heap(client);
  }

  async look(): Promise<void> {
    this.most = Math.max(this.most, await this.metric('JSHeapTotalSize'));
  }

  async used(): Promise<number> {
    await this.look();
    await this.client.send('HeapProfiler.collectGarbage');
    return this.metric('JSHeapUsedSize');
  }

  private async metric(name: string): Promise<number> {
    const {metrics} = await this.client.send('Performance.getMetrics');
    return metrics.find(metric => metric.name === name)!.value;
  }
}
