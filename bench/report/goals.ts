import type {BenchRecord, ProductsRecord} from '../harness/record.js';
import type {Summary} from '../harness/summary.js';

/** A goal and its measured value. */
export interface Goal {
  readonly what: string;
  /** As in `≤ 0.6`. */
  readonly goal: string;
  /** With its spread. */
  readonly measured: string;
  /** The values of the peers, on the same scale. */
  readonly peer: string;
  readonly met: boolean;
  /** The relative excess of the measured value over the goal; 0 if the goal is met. */
  readonly missedBy: number;
  /** The profile that explains the value. */
  readonly profile: string | null;
  /** What takes the time, where no profile shows it. */
  readonly because?: string;
}

/** The goals that a run has values for. */
export function goals(record: BenchRecord): Goal[] {
  const {products, spectra, sampling, profiles} = record;
  const {cnn, mlp, transformer} = products;
  const list: Goal[] = [...ofTraining(record)];
  if (cnn) list.push(...ofProducts(cnn), ...ofBlocks(cnn, profiles));
  if (mlp) {
    // 2 x·Ẇ-like products for each of the gradient's; 5 % for all else.
    list.push(goal('MLP 3 × 1024: H v held / gradient', 2.1, mlp.ratios['H v held'], peersOf(mlp), null));
    list.push(...heldByJax(mlp));
  }
  if (transformer) list.push(...heldByJax(transformer));
  if (spectra) {
    const names = spectra.blocks.map(({block}) => block);
    // The quick run has only two blocks.
    const what = names.length > 2 ? 'spectra of all layers and the network' : `spectra of ${names.join(' and ')} alone`;
    if (spectra.against !== null) list.push(goal(`${what} / PyHessian`, 0.18, spectra.against, '', 'sample'));
    list.push(goal('… / the sum of its products (overhead)', 1.1, spectra.overhead, '', 'sample'));
  }
  if (cnn) {
    const {gradient, making, product} = cnn.memory;
    const peak = Math.max(making, product) / gradient;
    list.push(
      goal(
        "peak memory of a held linearization / gradient's",
        2.4,
        peak,
        'curvlinops, on a GPU, by its own records: 2.4–2.7',
        null,
      ),
    );
  }
  if (sampling) {
    list.push(goal('a sample an epoch: share of the training', 0.1, sampling.onceAnEpoch, '', 'sample'));
    const {share, samples} = sampling.withinBudget;
    // A run that was too short for a sample has no value.
    if (samples > 0) list.push(goal('`withinBudget(0.05)`: share of the training', 0.05, share, '', 'sample'));
  }
  return list;
}

/** The goals of a compiled plain step in plain steps of TensorFlow.js, by subject. */
const COMPILED: Readonly<Record<string, number>> = {cnn: 0.5, mlp: 0.85, resnet: 0.45, lstm: 0.45, transformer: 0.08};

/** The goals of the first compiled step, in seconds. */
const FIRST_STEP: Readonly<Record<string, number>> = {cnn: 1, lstm: 3, transformer: 3};

function ofTraining({training, epoch}: BenchRecord): Goal[] {
  const list: Goal[] = [];
  const add = (what: string, limit: number, measured: Summary | number | undefined, peer: string, because: string) => {
    if (measured !== undefined) list.push({...goal(what, limit, measured, peer, null), because});
  };
  const subjects = Object.entries(training);
  for (const [name, {ratios, against, times}] of subjects) {
    const short = SHORT[name] ?? name;
    const inPlain = ['PyTorch', 'torch.compile']
      .filter(peer => ratios[peer])
      .map(peer => `${peer} ${ratios[peer]!.median.toFixed(2)}`);
    const because = partsOf(times.compiled, times["Adam's update alone"]);
    add(
      `${short}: compiled step / TensorFlow.js' plain step`,
      COMPILED[name]!,
      ratios.compiled,
      inPlain.join(', '),
      because,
    );
    const {'compiled / torch.compile': inCompiled} = against;
    const byCompiler = inCompiled ? `over torch.compile's ${inCompiled.median.toFixed(2)}` : '';
    add(`${short}: compiled step / PyTorch's`, 1.2, against.compiled, byCompiler, because);
  }
  const {cnn} = training;
  if (cnn) {
    const because = partsOf(cnn.times.compiled, cnn.times["Adam's update alone"]);
    for (const [layers, limit] of [
      ['middle', 0.65],
      ['all', 0.8],
    ] as const) {
      const peer = cnn.peerRatios[layers];
      const inPyTorch = peer === undefined ? '' : `PyTorch, in its own plain steps: ${peer.toFixed(2)}`;
      const step = `CNN: step with penalty on '${layers}' / TensorFlow.js' plain step`;
      add(`${step}, Adam`, limit, cnn.ratios[layers], inPyTorch, because);
      add(`${step}, SGD`, limit, cnn.withSgd[layers], '', because);
    }
  }
  for (const [name, {against, times}] of subjects) {
    for (const layers of ['middle', 'all']) {
      const because = partsOf(times[layers], times.compiled, 'the step without penalty');
      add(`${SHORT[name] ?? name}: step with penalty on '${layers}' / PyTorch's`, 0.4, against[layers], '', because);
    }
  }
  if (epoch) {
    add("CNN: epoch with penalty on 'middle' and a default sample / plain epoch", 0.75, epoch.ratio, '', '');
  }
  for (const [name, {firstStep}] of subjects) {
    const limit = FIRST_STEP[name];
    if (limit === undefined || firstStep.compiled === undefined) continue;
    add(
      `${SHORT[name]}: first compiled step, in seconds`,
      limit,
      firstStep.compiled / 1000,
      '',
      'loading of the graph',
    );
  }
  return list;
}

/** How much of a time a part of it takes. */
function partsOf(whole: Summary | undefined, part: Summary | undefined, what = "Adam's update"): string {
  return whole && part ? `${what} takes ${part.median.toFixed(1)} of ${whole.median.toFixed(1)} ms` : '';
}

/** The subjects' names in tables. */
export const SHORT: Readonly<Record<string, string>> = {
  cnn: 'CNN',
  mlp: 'MLP',
  resnet: 'ResNet-20',
  lstm: 'LSTM',
  transformer: 'Transformer',
};

function heldByJax({title, against}: ProductsRecord): Goal[] {
  const measured = against['JAX H v held'];
  return measured ? [goal(`${title.split(/:| block/)[0]}: H v held / JAX's`, 1, measured, '', null)] : [];
}

function ofProducts(cnn: ProductsRecord): Goal[] {
  const {ratios, against} = cnn;
  const list = [
    goal('H v held / gradient', 0.35, ratios['H v held'], peersOf(cnn), 'product'),
    goal(
      'H v in a `matmat` of 8, each / gradient',
      0.5,
      scaled(ratios['H V of 8'], 1 / 8),
      eachOf8(cnn),
      '8 products at once',
    ),
  ];
  if (against['PyTorch H v held'])
    list.push(goal("H v / PyTorch's, graph retained", 0.85, against['PyTorch H v held'], '', 'product'));
  list.push(goal('linearization / gradient', 1.5, ratios.linearization, '', 'linearization'));
  return list;
}

/** A block's product compared with the part of the network after it, by the kernels' times in a whole product. */
function ofBlocks({layers, ratios}: ProductsRecord, profiles: BenchRecord['profiles']): Goal[] {
  const byLayer = profiles.product?.byLayer;
  const whole = ratios['H v held'];
  if (!byLayer || !whole) return [];
  const order = layers.map(({name}) => name);
  const time = (name: string) => byLayer.find(([layer]) => layer === name)?.[1] ?? 0;
  // Layers without weights, such as pooling, are left out in numerator and denominator.
  const sum = (names: readonly string[]) => names.reduce((total, name) => total + time(name), 0);
  return order.slice(1).map((name, i) => {
    const suffix = sum(order.slice(i + 1)) / sum(order);
    const part = scaled(ratios[`block ${name}`], 1 / whole.median);
    return goal(
      `block ${name} / full product; its suffix is ${suffix.toFixed(2)} of it`,
      1.15 * suffix,
      part,
      '',
      'product',
    );
  });
}

function peersOf({ratios}: ProductsRecord): string {
  return ['PyTorch H v held', 'JAX H v held', 'JAX H v', 'torch.func H v', 'curvlinops H v']
    .filter(name => ratios[name])
    .map(name => `${name.replace(' H v', '')} ${ratios[name]!.median.toFixed(2)}`)
    .join(', ');
}

function eachOf8({ratios}: ProductsRecord): string {
  const peer = ratios['PyTorch H V of 8 held'];
  return peer ? `PyTorch ${(peer.median / 8).toFixed(2)}` : '';
}

function scaled(summary: Summary | undefined, factor: number): Summary | undefined {
  if (!summary) return undefined;
  const {median, q1, q3, n} = summary;
  return {median: median * factor, q1: q1 * factor, q3: q3 * factor, n};
}

function goal(
  what: string,
  limit: number,
  measured: Summary | number | undefined,
  peer: string,
  profile: string | null,
): Goal {
  const value = typeof measured === 'number' ? measured : (measured?.median ?? Number.NaN);
  const spread = typeof measured === 'object' ? ` [${measured.q1.toFixed(2)}–${measured.q3.toFixed(2)}]` : '';
  const met = value <= limit;
  return {
    what,
    goal: `≤ ${Number(limit.toFixed(2))}`,
    measured: `${value.toFixed(value < 0.1 ? 3 : 2)}${spread}`,
    peer,
    met,
    missedBy: met ? 0 : value / limit - 1,
    profile,
  };
}
