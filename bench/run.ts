// Measures what curvature costs, in gradients and compared with its peers from PyPI. Everything runs in turn within one run.
//
//   npm run bench                     all of it, ten minutes (some more the first time, when the peers are installed)
//   npm run bench -- --quick          two minutes
//   npm run bench -- --no-peers       without Python
//   npm run bench -- --only products,spectra
//   npm run bench -- --profile        where the time of a sample goes, by kernel and layer; see profile.ts
//
// Results go to bench/results/; document.ts makes docs/performance.md and its picture from them.
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {JAX_JS_VERSION} from './engines/jax-js.js';
import {describeMachine, machineName, watchLoad} from './harness/machine.js';
import type {BenchRecord, ScalingAxis} from './harness/record.js';
import {measureOtherEngine, otherEngines} from './measures/engines.js';
import {measureEpoch} from './measures/epoch.js';
import {profileSample} from './measures/kernels.js';
import {measureProducts} from './measures/products.js';
import {measureSamplingShare} from './measures/sampling-share.js';
import {measureScaling} from './measures/scaling.js';
import {measureSpectra} from './measures/spectra.js';
import {measureTraining} from './measures/training.js';
import {peerPython} from './peers/environment.js';
import {Peer} from './peers/peer.js';
import {writeDocument} from './report/document.js';
import {goals} from './report/goals.js';
import {subjects} from './subjects/index.js';

const {values: options} = parseArgs({
  options: {
    quick: {type: 'boolean', default: false},
    peers: {type: 'boolean', default: true},
    only: {type: 'string', default: ''},
    out: {type: 'string', default: fileURLToPath(new URL('results', import.meta.url))},
    document: {type: 'boolean', default: true},
    profile: {type: 'boolean', default: false},
    model: {type: 'string'},
    loss: {type: 'string'},
    batch: {type: 'string'},
  },
  allowNegative: true,
});
if (options.profile) {
  const {printProfile} = await import('./profile/print.js');
  await printProfile(options);
} else {
  await bench();
}

async function bench(): Promise<void> {
  const {quick} = options;
  const began = performance.now();
  const load = watchLoad();
  const isBusy = os.loadavg()[0]! > 0.3 * os.availableParallelism();
  const {tf, engine} = await loadTensorFlow();
  const machine = describeMachine(engine);
  console.log(
    `${machine.processor}, ${machine.cores} cores, ${machine.engine}${isBusy ? '; the machine is busy with other things' : ''}`,
  );
  const folder = mkdtempSync(join(os.tmpdir(), 'tfjs-hessian-bench-'));
  const missing: Record<string, string> = {};
  const peers: Peer[] = [];
  const versions: Record<string, string> = {'TensorFlow.js': tf.version_core, 'jax-js': JAX_JS_VERSION};
  if (options.peers) await startPeers();
  const torch = peers.find(({name}) => name === 'torch');

  const only = options.only.split(',').filter(Boolean);
  const part = async <T>(name: string, measure: () => Promise<T>): Promise<T | null> => {
    if (only.length > 0 && !only.some(wanted => name.startsWith(wanted))) return null;
    process.stdout.write(`${name} … `);
    const start = performance.now();
    try {
      return await measure();
    } catch (error) {
      missing[name] = (error as Error).message;
      return null;
    } finally {
      console.log(`${((performance.now() - start) / 1000).toFixed(0)} s${name in missing ? `: ${missing[name]}` : ''}`);
    }
  };

  const products: BenchRecord['products'] = {};
  for (const subject of subjects) {
    const main = subject.name === 'cnn';
    const budget = quick ? (main ? 6_000 : 1_000) : main ? 50_000 : 20_000;
    const record = await part(`products ${subject.name}`, () =>
      // In a quick run, the peers run on the main subject only.
      measureProducts({
        tf,
        subject,
        peers: quick && !main ? [] : peers,
        budget,
        blocks: main,
        warmColumns: !quick,
        folder,
      }),
    );
    if (record !== null) products[subject.name] = record;
  }
  const training: BenchRecord['training'] = {};
  for (const subject of subjects) {
    const main = subject.name === 'cnn';
    const record = await part(`training ${subject.name}`, () =>
      measureTraining({
        tf,
        subject,
        torch: quick && !main ? undefined : torch,
        budget: quick ? (main ? 6_000 : 1_000) : main ? 40_000 : 14_000,
        folder,
        // All layers of the ResNet have more ops than a graph may have.
        everything: main || (!quick && subject.name !== 'resnet'),
        torchCompile: !quick,
      }),
    );
    if (record !== null) training[subject.name] = record;
  }
  const epoch = quick ? null : await part('epoch', () => measureEpoch(tf, 60_000));
  const spectra = await part('spectra', () => measureSpectra({tf, torch, folder, quick}));
  const sampling = await part('sampling', () => measureSamplingShare(tf, quick ? 10_000 : 60_000));
  const scaling: BenchRecord['scaling'] = {};
  for (const axis of ['depth', 'width', 'batch', 'probes'] satisfies ScalingAxis[]) {
    const record = await part(`scaling ${axis}`, () => measureScaling(axis, {tf, quick, budget: quick ? 500 : 2_000}));
    if (record !== null) scaling[axis] = record;
  }
  const [cnn] = subjects;
  const profiles = await part('kernels', () =>
    profileSample({tf, model: cnn!.build(tf), batch: cnn!.batch(tf), repetitions: quick ? 3 : 10, penalty: true}),
  );

  const engines: BenchRecord['engines'] = {};
  // Software rendering takes longer than a quick run.
  for (const name of ['native', ...otherEngines.filter(each => !quick || !/^web/.test(each))] as const) {
    const record = await part(`engine ${name}`, () => measureOtherEngine(tf, name, quick));
    if (record !== null) engines[name] = record;
  }

  let ofPeers = 0;
  for (const peer of peers) {
    ofPeers += await peer.processorSeconds();
    Object.assign(missing, peer.failures);
    peer.stop();
  }
  rmSync(folder, {recursive: true, force: true});
  const record: BenchRecord = {
    schema: 2,
    date: new Date().toISOString(),
    quick,
    minutes: (performance.now() - began) / 60_000,
    machine,
    load: load(ofPeers),
    versions,
    missing,
    products,
    training,
    epoch,
    engines,
    spectra,
    sampling,
    scaling,
    profiles: profiles ?? {},
  };
  mkdirSync(options.out, {recursive: true});
  const path = join(options.out, `${record.date.slice(0, 10)}-${machineName(machine)}${quick ? '-quick' : ''}.json`);
  writeFileSync(path, `${JSON.stringify(rounded(record), null, 1)}\n`);
  console.log(
    `\n${goals(record)
      .map(({what, goal, measured, peer}) => `${what}: ${measured} (goal ${goal}${peer ? `; ${peer}` : ''})`)
      .join('\n')}`,
  );
  console.log(`\n${path}`);
  if (options.document) for (const made of writeDocument(path)) console.log(made);

  async function startPeers(): Promise<void> {
    let python: string;
    try {
      python = await peerPython(line => console.log(line));
    } catch (error) {
      missing.peers = (error as Error).message;
      console.log(`Without peers: ${missing.peers}`);
      return;
    }
    for (const name of ['torch', 'jax'] as const) {
      const peer = new Peer(name, python, join(os.tmpdir(), `tfjs-hessian-bench-${name}.log`), {isBusy});
      try {
        Object.assign(versions, await peer.versions());
        peers.push(peer);
      } catch (error) {
        missing[name] = (error as Error).message;
        peer.stop();
      }
    }
  }
}

/** Keeps four digits, which is more than a clock can measure. */
function rounded(record: BenchRecord): unknown {
  return JSON.parse(JSON.stringify(record), (_, value) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value,
  );
}
