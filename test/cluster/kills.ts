// Kills workers, Redis and the training of a cluster at random moments, and compares the samples with those of an undisturbed training.
import {type ChildProcess, spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {isDeepStrictEqual} from 'node:util';
import {readSamples} from '../../src/sinks/read-samples.js';
import type {HessianSample} from '../../src/streams/hessian-sample.js';
import {timeless} from '../callbacks/small-model.js';
import {repository, tsx} from '../engine/run-source.js';
import {startRedis} from '../redis.js';
import {startWorker, type TestWorker} from './start-worker.js';

/** What is killed, in any order. */
export type Kind = 'worker' | 'redis' | 'training';

/** What was found after the kills. */
export interface Killed {
  readonly kills: Readonly<Record<Kind, number>>;
  /** The samples of the undisturbed training. */
  readonly samples: number;
  /** Samples that did not come. */
  readonly lost: readonly number[];
  /** Samples with other numbers than those of the undisturbed training. */
  readonly wrong: readonly number[];
  /** Samples that came twice to one training. */
  readonly twice: readonly number[];
  /** Samples that came before an earlier one of the same training. */
  readonly early: readonly number[];
  /** Samples that came to a training that was killed before its checkpoint, and came again to the next. */
  readonly again: number;
  readonly failures: readonly string[];
  /** The exit code of the last training. */
  readonly code: number | null;
}

const WORKERS = 3;

/** Starts a training that goes on where it was. */
function train(url: string, folder: string, steps: number) {
  const script = join(repository, 'test/cluster/train-on-cluster.ts');
  const args = ['--import', tsx, script, url, folder, String(steps)];
  const child: ChildProcess = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'ignore']});
  let said = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  return {child, said: () => said, ended};
}

/**
 * Runs a training with three workers, and kills in this order. After each kill, what was killed is started again.
 *
 * @param random numbers between 0 and 1, for the moments and the victims.
 */
export async function killCluster(order: readonly Kind[], random: () => number): Promise<Killed> {
  const steps = 5 * (order.length + 1);
  const [calm, wild] = ['undisturbed', 'killed'].map(name => mkdtempSync(join(tmpdir(), `tfjs-hessian-${name}-`))) as [
    string,
    string,
  ];
  const redis = await startRedis({persists: true});
  const workers: TestWorker[] = [];
  const start = () => workers.push(startWorker(redis.url, ['--queue', 'kill', '--lock', '2']));
  const kills: Record<Kind, number> = {worker: 0, redis: 0, training: 0};
  const failures: string[] = [];
  const arrivals: number[][] = [];
  let training = train('local', calm, steps);
  const read = () => {
    failures.push(...(training.said().match(/^failure .*/gm) ?? []));
    arrivals.push([...training.said().matchAll(/^sample (\d+)$/gm)].map(([, step]) => Number(step)));
  };
  try {
    const code = await training.ended;
    if (code !== 0) throw new Error(`The undisturbed training ended with ${code}.`);
    for (let i = 0; i < WORKERS; i++) start();
    training = train(redis.url, wild, steps);
    for (const kind of order) {
      // Somewhere within the next samples.
      const seen = training.said().length;
      for (let i = 0; i < 300 && training.said().length === seen && training.child.exitCode === null; i++)
        await sleep(100);
      await sleep(1500 * random());
      if (training.child.exitCode !== null) break;
      if (kind === 'worker') {
        const [victim] = workers.splice(Math.floor(workers.length * random()), 1);
        victim!.child.kill('SIGKILL');
        start();
      } else if (kind === 'redis') {
        await redis.kill();
        await sleep(500 * random());
        await redis.start();
      } else {
        training.child.kill('SIGKILL');
        await training.ended;
        read();
        training = train(redis.url, wild, steps);
      }
      kills[kind]++;
    }
    const last = await training.ended;
    read();
    const twice = arrivals.flatMap(list => list.filter((step, i) => list.indexOf(step) < i));
    const early = arrivals.flatMap(list => list.filter((step, i) => i > 0 && step < list[i - 1]!));
    return {kills, failures, code: last, twice, early, ...compared(await samplesOf(calm), await samplesOf(wild))};
  } finally {
    training.child.kill('SIGKILL');
    for (const {child} of workers) child.kill('SIGKILL');
    await Promise.all(workers.map(({ended}) => ended));
    await redis.stop();
    for (const folder of [calm, wild]) rmSync(folder, {recursive: true});
  }
}

async function samplesOf(folder: string): Promise<HessianSample[]> {
  const samples: HessianSample[] = [];
  for await (const sample of readSamples(join(folder, 'run.ndjson'))) samples.push(sample);
  return samples;
}

function compared(wanted: readonly HessianSample[], found: readonly HessianSample[]) {
  const expected = new Map(wanted.map(sample => [sample.step, timeless(sample)]));
  const stepsOf = (samples: readonly HessianSample[]) => samples.map(({step}) => step);
  const seen = new Set(stepsOf(found));
  return {
    samples: wanted.length,
    lost: stepsOf(wanted).filter(step => !seen.has(step)),
    wrong: stepsOf(found.filter(sample => !isDeepStrictEqual(timeless(sample), expected.get(sample.step)))),
    again: found.length - seen.size,
  };
}
