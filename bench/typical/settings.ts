import {eigenvalues, hessian, spectrum, trace} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {DataSet} from '../../study/data/images.js';
import {splitFor} from '../../study/data/split.js';
import {shuffledBatches} from '../../study/training/batches.js';
import {summarize} from '../harness/summary.js';
import {networks} from './networks.js';
import type {BatchValues, SettingsRecord, SettingValues} from './record.js';
import {BATCH_SIZE, compiledModel, IMAGES, rounded, shaped} from './values.js';

const EPOCHS = 2;
const SIZES = [16, 64, 256, 1024, 4096] as const;
/** Different batches of each size, as far as there are so many images. */
const BATCHES = 5;
const BATCH = 256;
const SEEDS = 5;
/** Steps, probes, trace probes. */
const SETTINGS = [
  [10, 1, 0],
  [10, 1, 10],
  [10, 2, 10],
  [20, 2, 0],
  [20, 2, 10],
  [20, 2, 100],
  [40, 2, 10],
  [80, 2, 10],
  [20, 8, 10],
] as const;

/** How the numbers of one network depend on the batch, and their errors on the settings. */
export async function measureSettings(
  tf: TensorFlow,
  images: DataSet,
): Promise<Omit<SettingsRecord, 'date' | 'machine'>> {
  const network = networks.cnn;
  const {training, test} = shaped(tf, network, splitFor(tf, images, {training: IMAGES, validation: 0, test: 1}, 0));
  const model = compiledModel(tf, network, 'Adam', 0);
  await model.fitDataset(shuffledBatches(tf, training, BATCH_SIZE, 0), {epochs: EPOCHS, verbose: 0});
  const operatorOf = async (from: number, size: number) => {
    const batch = {x: training.x.slice(from, size), y: training.y.slice(from, size)};
    const H = await hessian(model, batch);
    const dispose = () => {
      H.dispose();
      tf.dispose(batch);
    };
    return {H, dispose};
  };

  const batches: BatchValues[] = [];
  for (const size of SIZES) {
    for (let i = 0; i < BATCHES && (i + 1) * size <= IMAGES; i++) {
      const {H, dispose} = await operatorOf(i * size, size);
      const {largest, trace} = await spectrum(H, {steps: 20, probes: 2, traceProbes: 30});
      batches.push({
        size,
        loss: rounded(H.loss),
        trace: rounded(trace.value),
        top: rounded(largest[0]!.value),
      });
      dispose();
    }
  }

  const {H, dispose} = await operatorOf(0, BATCH);
  const exactTrace = (await trace(H, {method: 'hutch++', probes: 600})).value;
  const exactTop = (await eigenvalues(H, {tolerance: 1e-5})).values[0]!;
  const settings: SettingValues[] = [];
  for (const [steps, probes, traceProbes] of SETTINGS) {
    const runs: Omit<SettingValues, 'steps' | 'probes' | 'traceProbes'>[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const {trace, largest, negativeMass} = await spectrum(H, {steps, probes, traceProbes, seed});
      const [{value, residual}] = largest as [(typeof largest)[number]];
      runs.push({
        traceError: Math.abs(trace.value / exactTrace - 1),
        traceStated: (trace.standardError ?? Number.NaN) / exactTrace,
        topError: Math.abs(value / exactTop - 1),
        topStated: residual / exactTop,
        negativeWidth: negativeWidth(negativeMass),
      });
    }
    const median = (of: (run: (typeof runs)[number]) => number) => rounded(summarize(runs.map(of)).median);
    settings.push({
      ...{steps, probes, traceProbes},
      traceError: median(run => run.traceError),
      traceStated: median(run => run.traceStated),
      topError: median(run => run.topError),
      topStated: median(run => run.topStated),
      negativeWidth: median(run => run.negativeWidth),
    });
  }
  dispose();
  tf.dispose([{...training}, {...test}]);
  const parameters = model.countParams();
  model.dispose();
  return {
    ...{epochs: EPOCHS, parameters, batches, batchSize: BATCH, seeds: SEEDS},
    ...{trace: rounded(exactTrace), top: rounded(exactTop), settings},
  };
}

/** Of the 95 % interval, within 0 and 1. */
function negativeWidth({value, standardError}: {value: number; standardError: number | null}): number {
  if (standardError === null) return 1;
  return Math.min(1, value + 1.96 * standardError) - Math.max(0, value - 1.96 * standardError);
}
