// Kills workers, Redis and trainings of a cluster at random moments, and checks that the samples are those of an undisturbed training:
//
//   npx tsx scripts/kill-cluster.ts [workers = 20] [redis = 5] [trainings = 5]
import {type ChildProcess, spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {readSamples} from '../src/sinks/read-samples.js';
import type {HessianSample} from '../src/streams/hessian-sample.js';
import {startWorker, type TestWorker} from '../test/cluster/start-worker.js';
import {repository, tsx} from '../test/engine/run-source.js';
import {startRedis} from '../test/redis.js';

const [workerKills = 20, redisKills = 5, trainingKills = 5] = process.argv.slice(2).map(Number);
const STEPS = 5 * (workerKills + redisKills + trainingKills);
const folders = ['undisturbed', 'killed'].map(name => mkdtempSync(join(tmpdir(), `tfjs-hessian-${name}-`)));
const [calm, wild] = folders as [string, string];
const redis = await startRedis({persists: true});
const wait = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds));

/** Starts the training, which goes on where it was. */
function train(url: string, folder: string) {
  const script = join(repository, 'test/cluster/train-on-cluster.ts');
  const args = ['--import', tsx, script, url, folder, String(STEPS)];
  const child: ChildProcess = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'inherit']});
  let said = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return {child, said: () => said, ended: new Promise<number | null>(resolve => child.once('close', resolve))};
}

const undisturbed = train('local', calm);
if ((await undisturbed.ended) !== 0) throw new Error('The undisturbed training failed.');

const start = () => startWorker(redis.url, ['--queue', 'kill', '--lock', '2']);
const workers: TestWorker[] = [start(), start(), start()];
let training = train(redis.url, wild);
let starts = 1;
const failures: string[] = [];
const restart = async () => {
  failures.push(
    ...training
      .said()
      .split('\n')
      .filter(line => line.startsWith('failure')),
  );
  training = train(redis.url, wild);
  starts++;
};
const kinds = [
  ...Array.from({length: workerKills}, () => 'worker'),
  ...Array.from({length: redisKills}, () => 'redis'),
  ...Array.from({length: trainingKills}, () => 'training'),
].sort(() => Math.random() - 0.5);
const done: Record<string, number> = {worker: 0, redis: 0, training: 0};
for (const kind of kinds) {
  // Somewhere within the next samples.
  const seen = training.said().length;
  for (let i = 0; i < 200 && training.said().length === seen && training.child.exitCode === null; i++) await wait(100);
  await wait(1500 * Math.random());
  if (training.child.exitCode !== null) break;
  if (kind === 'worker') {
    const [victim] = workers.splice(Math.floor(workers.length * Math.random()), 1);
    victim!.child.kill('SIGKILL');
    workers.push(start());
  } else if (kind === 'redis') {
    await redis.kill();
    await wait(500 * Math.random());
    await redis.start();
  } else {
    training.child.kill('SIGKILL');
    await training.ended;
    await restart();
  }
  done[kind]!++;
}
const code = await training.ended;
failures.push(
  ...training
    .said()
    .split('\n')
    .filter(line => line.startsWith('failure')),
);
for (const {child} of workers) child.kill('SIGKILL');
await redis.stop();

/** What does not depend on the time. */
const timeless = ({time: _, run: __, training: ___, cost: ____, ...rest}: HessianSample) => rest;
const read = async (folder: string) => {
  const samples: ReturnType<typeof timeless>[] = [];
  for await (const sample of readSamples(join(folder, 'run.ndjson'))) samples.push(timeless(sample));
  return samples;
};
const [wanted, found] = [await read(calm), await read(wild)];
// A training that is killed after it has written a sample and before its checkpoint writes the sample again.
const again = found.length - new Set(found.map(({step}) => step)).size;
const wrong = found.filter(
  sample =>
    !isDeepStrictEqual(
      sample,
      wanted.find(({step}) => step === sample.step),
    ),
);
const lost = wanted.filter(({step}) => !found.some(sample => sample.step === step));
const disorder = found.filter(({step}, i) => i > 0 && step <= found[i - 1]!.step).length;
console.log(
  `Killed: ${done.worker} workers, ${done.redis} times Redis, ${done.training} trainings. ${wanted.length} samples: ${lost.length} lost, ` +
    `${wrong.length} with other bits, ${again} written again after a killed training, ${disorder} places out of order with ${starts} starts, ` +
    `${failures.length} failures. Exit code of the training: ${code}.`,
);
for (const line of new Set(failures)) console.log(line);
if (wrong.length > 0 || lost.length > 0 || disorder > starts - 1) process.exitCode = 1;
for (const folder of folders) rmSync(folder, {recursive: true});
