import type {RecipeJob} from '../recipe/recipe-record.js';
import type {RecipeFolder} from '../records/recipe-folder.js';
import type {Pool} from './pool.js';
import {showProgress} from './progress.js';

/** Runs the trainings that are missing, and says after each how much time is left. */
export async function followAll(
  title: string,
  jobs: readonly RecipeJob[],
  pool: Pool,
  records: RecipeFolder,
): Promise<void> {
  const left = jobs.filter(job => !records.has(job));
  console.log(`${title}: ${jobs.length - left.length} of ${jobs.length} trainings are there.`);
  const progress = showProgress(
    title,
    left.length,
    left.map(weightOf).reduce((sum, weight) => sum + weight, 0),
  );
  try {
    await pool.run(
      left.map(job => ({kind: 'follow', job})),
      answer => {
        if (answer.kind !== 'followed') return;
        const {record, spectra} = answer;
        records.finish(record, spectra);
        const {setting, arm, seed, test, seconds} = record;
        progress.done(
          weightOf(record),
          `${setting} ${arm}, seed ${seed}: test ${(100 * test.accuracy).toFixed(2)} %, ${seconds.toFixed(0)} s`,
        );
      },
    );
  } finally {
    progress.stop();
  }
}

/** The approximate time of a training, in epochs of LeNet-5 on all images of MNIST. */
export function weightOf({recipe}: RecipeJob): number {
  const {network, training, epochs, batchSize, penalty} = recipe;
  const step = {'lenet-5': 1, vgg11: 90, 'vgg11-bn': 100, 'resnet-18': 350}[network] * (batchSize / 256);
  const images = training === 'all' ? 60_000 : training;
  const steps = Math.ceil(images / batchSize);
  // A penalized step costs about as much as two plain ones, and one more for each probe.
  const penalized =
    penalty === null ? 0 : (Math.max(0, epochs - penalty.fromEpoch) * (2 + penalty.probes)) / penalty.everyInEpoch;
  const {spectra} = recipe;
  // Six for LeNet; a product costs about three steps on its images.
  const products = spectra === null ? 0 : 6 * epochs * spectra.steps * 3 * ((10 * spectra.imagesPerClass) / 256);
  return (step * (steps * (epochs + penalized) + products)) / 235;
}
