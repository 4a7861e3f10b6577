// Measures what is normal: the curvature of four small networks during trainings, how it depends on the batch and on the settings,
// and what a sample costs by the number of parameters. docs/reading-the-numbers.md has the tables.
//
//   npx tsx bench/typical.ts                    all of it
//   npx tsx bench/typical.ts --only values      or settings, costs; the costs need Linux
//   npx tsx bench/typical.ts --only document    makes the tables of the page again
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {readFashionMnist} from '../study/data/fashion-mnist.js';
import {readMnist} from '../study/data/mnist.js';
import {describeMachine} from './harness/machine.js';
import {measureCost, measureCosts} from './typical/costs.js';
import {type NetworkName, networks} from './typical/networks.js';
import {pageOf, readRecords} from './typical/page.js';
import {
  type CostsRecord,
  dataSets,
  optimizers,
  type SettingsRecord,
  type TrainingValues,
  type ValuesRecord,
} from './typical/record.js';
import {measureSettings} from './typical/settings.js';
import {
  BATCH_SIZE,
  EPOCHS,
  IMAGES,
  type Job,
  LEARNING_RATES,
  SAMPLED,
  trainAndMeasure,
  WORK,
} from './typical/values.js';

const {values: options} = parseArgs({
  options: {only: {type: 'string', default: ''}, seeds: {type: 'string', default: '3'}, cost: {type: 'string'}},
});
const wants = (part: string) => options.only === '' || options.only === part;

const {tf, engine} = await loadTensorFlow();
const machine = describeMachine(engine);
if (options.cost === undefined) await measureAll();
else console.log(JSON.stringify(await measureCost(tf, Number(options.cost))));

async function measureAll(): Promise<void> {
  const date = new Date().toISOString();
  if (wants('values')) await measureValues(date);
  if (wants('settings')) {
    write('settings', {date, machine, ...(await measureSettings(tf, readMnist()))} satisfies SettingsRecord);
  }
  if (wants('costs')) {
    const costs = measureCosts(fileURLToPath(import.meta.url), line => console.log(line));
    write('costs', {date, machine, ...WORK, costs} satisfies CostsRecord);
  }
  const page = fileURLToPath(new URL('../docs/reading-the-numbers.md', import.meta.url));
  writeFileSync(page, pageOf(readFileSync(page, 'utf8'), readRecords()));
}

/** Writes the record after each training, so that a run of more seeds continues where one of fewer seeds ended. */
async function measureValues(date: string): Promise<void> {
  const images = {MNIST: readMnist(), 'Fashion-MNIST': readFashionMnist()};
  const settings = {
    ...{images: IMAGES, epochs: EPOCHS, batchSize: BATCH_SIZE, sampled: SAMPLED},
    ...{learningRates: LEARNING_RATES, ...WORK},
  };
  const trainings = [...trainingsSoFar(settings)];
  for (let seed = 0; seed < Number(options.seeds); seed++) {
    for (const name of Object.keys(networks) as NetworkName[]) {
      for (const data of dataSets) {
        for (const optimizer of optimizers) {
          const job = {name, data, optimizer, seed};
          if (trainings.some(training => isOf(training, job))) continue;
          const began = performance.now();
          const training = await trainAndMeasure(tf, job, images[data]);
          trainings.push(training);
          write('values', {date, machine, ...settings, trainings});
          const {trace, top, loss} = training.moments.at(-1)!;
          console.log(
            `${name} ${data} ${optimizer} ${seed}: ${((performance.now() - began) / 1000).toFixed(0)} s, ` +
              `accuracy ${training.testAccuracy}, loss ${loss}, trace ${trace}, top ${top}`,
          );
        }
      }
    }
  }
}

/** The trainings of the record, if it was made with these settings. */
function trainingsSoFar(settings: object): readonly TrainingValues[] {
  const path = pathOf('values');
  if (!existsSync(path)) return [];
  const {trainings, ...rest} = JSON.parse(readFileSync(path, 'utf8')) as ValuesRecord;
  const same = Object.entries(settings).every(
    ([name, value]) => JSON.stringify(rest[name as keyof typeof rest]) === JSON.stringify(value),
  );
  return same ? trainings : [];
}

function isOf(training: TrainingValues, {name, data, optimizer, seed}: Job): boolean {
  return (
    training.network === name && training.data === data && training.optimizer === optimizer && training.seed === seed
  );
}

function write(name: string, record: ValuesRecord | SettingsRecord | CostsRecord): void {
  writeFileSync(pathOf(name), `${JSON.stringify(record)}\n`);
}

function pathOf(name: string): URL {
  return new URL(`typical/records/${name}.json`, import.meta.url);
}
