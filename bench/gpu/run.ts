// Measures what curvature costs on an NVIDIA GPU, and whether it is exact there. Needs a project in which `npx tfjs-hessian setup
// --cuda` has run.
//
//   npx tsx bench/gpu/run.ts                                  all of it, about 8 minutes
//   npx tsx bench/gpu/run.ts --parts facts,speed --only cnn-4096
//   npx tsx bench/gpu/run.ts --scale 0.02 --size 256 --every 10 --seconds 0.05      a trial on a computer without a GPU
//
// Each part runs in a process of its own, prints as it goes and saves after each thing that it measures, so that a part that fails or
// runs out of time loses nothing. `npx tsx bench/gpu/build.ts FOLDER` makes one file of it for machines without the tools of development.
import {spawn, spawnSync} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {networks} from './networks.js';
import {exact} from './parts/exact.js';
import {facts} from './parts/facts.js';
import type {PartArgs} from './parts/part.js';
import {speed} from './parts/speed.js';
import {training} from './parts/training.js';
import type {GpuRecord, SpeedRecord, TorchRecord, TrainingRecord} from './record.js';
import {readPart, writePart} from './record.js';
import {markdownOf} from './report.js';

const {values: options} = parseArgs({
  options: {
    parts: {type: 'string', default: 'facts,speed,exact,training,torch'},
    only: {type: 'string', default: ''},
    measures: {type: 'string', default: ''},
    out: {type: 'string', default: 'out/gpu'},
    seconds: {type: 'string', default: '0.3'},
    limit: {type: 'string', default: '120'},
    scale: {type: 'string', default: '1'},
    size: {type: 'string', default: '8192'},
    every: {type: 'string', default: '1'},
    part: {type: 'string'},
  },
});
const out = resolve(options.out);
const here = dirname(fileURLToPath(import.meta.url));
const list = (text: string) => text.split(',').filter(Boolean);

if (options.part === undefined) await runParts();
else await runPart(options.part);

/** Every part in turn, each in its own process with a time limit. */
async function runParts(): Promise<void> {
  const only = list(options.only);
  const chosen = networks.filter(({name}) => only.length === 0 || only.includes(name));
  const parts = list(options.parts).flatMap(part =>
    part === 'speed' ? chosen.map(({name}) => `speed-${name}`) : [part],
  );
  for (const part of parts) {
    const start = performance.now();
    console.log(`── ${part}`);
    const code = await (part === 'torch' ? runTorch() : runInProcess(part));
    console.log(`   ${((performance.now() - start) / 1000).toFixed(1)} s${code === 0 ? '' : `, ended with ${code}`}`);
    writeReport();
  }
  console.log(`\n${readFileSync(join(out, 'results.md'), 'utf8')}`);
}

function runInProcess(part: string): Promise<number | string> {
  const args = [...process.execArgv, process.argv[1]!, ...process.argv.slice(2), '--part', part];
  return ended(spawn(process.execPath, args, {stdio: 'inherit'}));
}

function runTorch(): Promise<number | string> {
  const script = join(here, 'torch_on_gpu.py');
  const args = [script, join(out, 'subjects'), join(out, 'torch.json'), options.seconds];
  return ended(spawn('python3', args, {stdio: 'inherit'}));
}

function ended(child: ReturnType<typeof spawn>): Promise<number | string> {
  return new Promise(done => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 1000 * Number(options.limit));
    const finish = (how: number | string) => {
      clearTimeout(timer);
      done(how);
    };
    child.on('error', error => finish(error.message));
    child.on('close', (code, signal) => finish(code ?? signal ?? 'no code'));
  });
}

function writeReport(): void {
  const speeds = networks.flatMap(({name}) => {
    const record = readPart<SpeedRecord>(out, `speed-${name}`);
    return record ? [[name, record] as const] : [];
  });
  const optional = {
    facts: readPart<GpuRecord['facts']>(out, 'facts'),
    exact: readPart<GpuRecord['exact']>(out, 'exact'),
    torch: readPart<Record<string, TorchRecord>>(out, 'torch'),
    training: readPart<TrainingRecord>(out, 'training'),
  };
  const known = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  const record: GpuRecord = {...known, ...(speeds.length > 0 && {speed: Object.fromEntries(speeds)})};
  writePart(out, 'results', record);
  writeFileSync(join(out, 'results.md'), markdownOf(record));
}

async function runPart(part: string): Promise<void> {
  const args: PartArgs = {
    save: record => writePart(out, part, record),
    say: line => console.log(line),
    budget: 1000 * Number(options.seconds),
    scale: Number(options.scale),
    size: Number(options.size),
    every: Number(options.every),
    subjects: join(out, 'subjects'),
    measures: list(options.measures),
    doctor,
  };
  if (part === 'facts') await facts(args);
  else if (part === 'exact') await exact(args);
  else if (part === 'training') await training(args);
  else await speed(networks.find(({name}) => part === `speed-${name}`)!, args);
  // A worker may still be there.
  process.exit(0);
}

function doctor(): string[] {
  const clis = ['node_modules/tfjs-hessian/dist/cli.js', 'dist/cli.js'].map(path => resolve(path));
  const cli = clis.find(existsSync);
  if (cli === undefined) return ['not built: run `npm run build`'];
  const {stdout} = spawnSync(process.execPath, [cli, 'doctor'], {encoding: 'utf8'});
  return stdout.trim().split('\n');
}
