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
}

/** The goals that a run has values for. */
export function goals({products, penalty, spectra, sampling, profiles}: BenchRecord): Goal[] {
  const list: Goal[] = [];
  const {cnn, mlp} = products;
  if (cnn) list.push(...ofProducts(cnn), ...ofBlocks(cnn, profiles));
  if (mlp) {
    // 2 x·Ẇ-like products for each of the gradient's; 5 % for all else.
    list.push(goal('MLP 3 × 1024: H v held / gradient', 2.1, mlp.ratios['H v held'], peersOf(mlp), null));
  }
  if (penalty) {
    const peer = (name: string) => (penalty.peerRatios[name] ? `PyTorch ${penalty.peerRatios[name].toFixed(2)}` : '');
    list.push(
      goal(
        "step with penalty on 'middle' / plain",
        1.4,
        penalty.ratios.middle,
        peer('middle'),
        "step, 'middle' penalized",
      ),
    );
    list.push(
      goal("step with penalty on 'all' / plain", 2.2, penalty.ratios.all, peer('all'), "step, 'all' penalized"),
    );
    if (penalty.against.all)
      list.push(goal("the same, 'all' / PyTorch's", 1, penalty.against.all, '', "step, 'all' penalized"));
  }
  if (spectra) {
    const names = spectra.blocks.map(({block}) => block);
    // The quick run has only two blocks.
    const what = names.length > 2 ? 'spectra of all layers and the network' : `spectra of ${names.join(' and ')} alone`;
    if (spectra.against !== null) list.push(goal(`${what} / PyHessian`, 0.25, spectra.against, '', 'sample'));
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

function ofProducts(cnn: ProductsRecord): Goal[] {
  const {ratios, against} = cnn;
  const list = [
    goal('H v held / gradient', 0.6, ratios['H v held'], peersOf(cnn), 'product'),
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
