import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import type {Scalar} from '@tensorflow/tfjs-core';
import type {Observer} from 'rxjs';
import {HessianSpectrumCallback} from '../../callbacks/hessian-spectrum-callback.js';
import {anyOf, geometric, onTrainEnd} from '../../callbacks/schedules.js';
import type {Engine, EngineName, TensorFlow} from '../../engine/load.js';
import {loadTensorFlow} from '../../engine/load.js';
import {InvalidArgumentError} from '../../errors.js';
import type {ReportFacts} from '../../report/facts.js';
import {typesetNumber} from '../../report/markup.js';
import {terminalStyle} from '../../report/stream-style.js';
import {terminalPicture} from '../../report/terminal-picture.js';
import {ndjson} from '../../sinks/ndjson.js';
import type {HessianSample} from '../../streams/hessian-sample.js';
import {reportWriter, writeReport} from '../report/write-report.js';
import type {DemoData} from './data.js';
import {toTensors} from './data.js';
import {drawnDigits} from './drawn-digits.js';
import {mnistData} from './mnist-data.js';
import {nextSteps} from './next-steps.js';
import type {Plan} from './plan.js';
import {planFor} from './plan.js';
import {showTraining} from './show-training.js';

/** The options of `demo`, as the command line parses them. */
export interface DemoFlags {
  readonly epochs: number;
  readonly out: string;
  /** The engine to try first; default: the fastest. */
  readonly engine?: EngineName;
  readonly seed: number;
  /** Whether to serve a page that follows the training. */
  readonly dashboard?: boolean;
  readonly json?: boolean;
}

/** The result of the demo, which `--json` prints. */
export interface DemoResult {
  readonly engine: string;
  readonly data: string;
  readonly epochs: number;
  readonly samples: number;
  /** Accuracy on the test images, 0 to 1. */
  readonly accuracy: number;
  readonly seconds: number;
  readonly files: {readonly run: string; readonly report: string};
  readonly first: HessianSample;
  readonly last: HessianSample;
}

/** Trains a small network, shows its spectra during training, and writes a run and a report. */
export async function trainDemo({epochs, out, engine: prefer, seed, dashboard, json}: DemoFlags): Promise<void> {
  const say = json ? () => {} : (text: string) => console.log(text);
  makeFolder(out);
  const files = {run: join(out, 'run.ndjson'), report: join(out, 'report.html')};
  const writer = await reportWriter(files.report);
  const {tf, engine} = await loadTensorFlow(prefer && {prefer});
  const plan = planFor(engine);
  const data = mnistData(plan.sizes) ?? drawnDigits(plan.sizes, seed);
  say(describe(plan, data, engine));
  const page = dashboard ? await (await import('../../dashboard/dashboard.js')).dashboard() : null;
  if (page !== null) console.error(`Live page during training: ${page.url}\n`);

  const began = performance.now();
  const {samples, accuracy} = await train(tf, plan, data, {epochs, seed, run: files.run, page, isQuiet: json === true});
  await page?.close();
  const seconds = (performance.now() - began) / 1000;
  const [first, last] = [samples[0]!, samples.at(-1)!];
  writeReport(files.report, writer(last, factsOf(last, plan, data, engine)));
  if (json) {
    const result: DemoResult = {
      ...{engine: engine.name, data: data.name, epochs, samples: samples.length, accuracy, seconds, files},
      ...{first, last},
    };
    console.log(JSON.stringify(result));
    return;
  }
  say(`\n${terminalPicture(last, terminalStyle())}\n`);
  say(`Accuracy on test images: ${typesetNumber(100 * accuracy, 3)} %, after ${Math.round(seconds)} s.\n`);
  say(nextSteps(files, data));
}

interface TrainingArgs {
  readonly epochs: number;
  readonly seed: number;
  readonly run: string;
  readonly page: Observer<HessianSample> | null;
  readonly isQuiet: boolean;
}

async function train(
  tf: TensorFlow,
  plan: Plan,
  data: DemoData,
  {epochs, seed, run, page, isQuiet}: TrainingArgs,
): Promise<{samples: readonly HessianSample[]; accuracy: number}> {
  const {batchSize, steps, probes, sizes} = plan;
  const model = plan.build(tf, seed);
  const {x, y} = toTensors(tf, data.train);
  // The same images for every sample, so that only the network changes.
  const batch = {x: x.slice(0, 2 * batchSize), y: y.slice(0, 2 * batchSize)};
  const schedule = anyOf(geometric({ratio: 1.6}), onTrainEnd());
  const curvature = new HessianSpectrumCallback({schedule, batch, steps, probes, seed});
  const samples: HessianSample[] = [];
  let failure: Error | null = null;
  curvature.samples$.subscribe(sample => samples.push(sample));
  curvature.samples$.subscribe(ndjson(run, {failures$: curvature.failures$}));
  if (page !== null) curvature.samples$.subscribe(page);
  curvature.failures$.subscribe(({error}) => {
    failure ??= error;
  });
  const shown = showTraining(tf, {steps: epochs * Math.ceil(sizes.training / batchSize), isQuiet});
  curvature.samples$.subscribe(shown.sample);
  await model.fit(x, y, {epochs, batchSize, shuffle: false, verbose: 0, callbacks: [curvature, shown.callback]});
  curvature.dispose();
  if (failure !== null) throw failure;
  const test = toTensors(tf, data.test);
  const [, accuracy] = model.evaluate(test.x, test.y, {batchSize: 500}) as Scalar[];
  return {samples, accuracy: (await accuracy!.data())[0]!};
}

function describe({network, sizes}: Plan, data: DemoData, engine: Engine): string {
  const library = engine.library === null ? '' : ` (libtensorflow ${engine.library})`;
  return (
    `Training ${network} on ${sizes.training.toLocaleString('en')} images of ${data.name}, on ${engine.package}${library}.\n` +
    'Each line is the spectrum of its Hessian at one moment: the number of eigenvalues of each size; the dot is the largest.\n'
  );
}

function factsOf({full, loss, epoch, step}: HessianSample, plan: Plan, data: DemoData, engine: Engine): ReportFacts {
  return {
    title: `Hessian of a network trained on ${data.name}`,
    details: [
      ['parameters', full.parameters.toLocaleString('en')],
      ['loss', `${typesetNumber(loss)} (categoricalCrossentropy)`],
      ['epoch', String(epoch + 1)],
      ['step', String(step)],
      ['data', `${2 * plan.batchSize} images`],
      ['Lanczos steps', String(plan.steps)],
      ['probes', String(plan.probes)],
      ['engine', `${engine.package} ${engine.version}`],
    ],
  };
}

function makeFolder(out: string): void {
  try {
    mkdirSync(out, {recursive: true});
  } catch (error) {
    throw new InvalidArgumentError(
      `--out ${out} cannot be created (${(error as Error).message}); name another folder.`,
      {
        cause: error,
      },
    );
  }
}
