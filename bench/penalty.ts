// Measures a training step with the trace penalty, in plain steps: a CNN (conv 8, conv 16, dense 64, dense 10) on 28×28.
//
//   npx tsx bench/penalty.ts [--rounds 30 --batch 256 --only middle]
//
// Each round runs one step of every variant, so that other load on the machine affects all of them. A ratio is the median over
// rounds of a variant's time divided by the plain step's time in the same round. With `every: 4` four steps count as one.
import {parseArgs} from 'node:util';
import type {HessianTraceRegularizerArgs, LayerSelection} from 'tfjs-hessian';
import {attachRegularizer, HessianTraceRegularizer} from 'tfjs-hessian';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {cnn} from '../examples/mnist/networks.js';

interface Variant {
  readonly name: string;
  readonly layers: LayerSelection;
  readonly options?: Omit<HessianTraceRegularizerArgs, 'strength'>;
}

const {values} = parseArgs({
  options: {
    rounds: {type: 'string', default: '30'},
    batch: {type: 'string', default: '256'},
    only: {type: 'string', default: ''},
  },
});
const batchSize = Number(values.batch);
const {tf, engine} = await loadTensorFlow({warn: () => {}});

const variants: Variant[] = [
  {name: 'one middle layer', layers: {middle: 1}},
  {name: 'one middle layer, 2 probes', layers: {middle: 1}, options: {probes: 2}},
  {name: 'one middle layer, 4 probes', layers: {middle: 1}, options: {probes: 4}},
  {name: 'one middle layer, every: 4', layers: {middle: 1}, options: {every: 4}},
  {name: "'middle'", layers: 'middle'},
  {name: "'middle', 2 probes", layers: 'middle', options: {probes: 2}},
  {name: "'middle', 4 probes", layers: 'middle', options: {probes: 4}},
  {name: "'middle', every: 4", layers: 'middle', options: {every: 4}},
  {name: "'all'", layers: 'all'},
  {name: "'all', 2 probes", layers: 'all', options: {probes: 2}},
  {name: "'all', 4 probes", layers: 'all', options: {probes: 4}},
  {name: "'all', every: 4", layers: 'all', options: {every: 4}},
  {name: "'all', joint", layers: 'all', options: {probe: 'joint'}},
  {name: "'all', Gauss–Newton", layers: 'all', options: {curvature: 'gaussNewton'}},
  {name: "'all', subBatch: 64", layers: 'all', options: {subBatch: 64}},
].filter(({name}) => name.includes(values.only)) as Variant[];

const x = tf.randomUniform([batchSize, 28, 28, 1], 0, 1, 'float32', 1);
const y = tf.oneHot(tf.randomUniform([batchSize], 0, 10, 'int32', 2), 10).toFloat();

/** A model, and the number of steps per measurement. */
function prepare({layers, options}: Variant | {layers: null; options?: undefined}) {
  const model = cnn.build(tf);
  if (layers !== null) attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-4, ...options}), {layers});
  return {model, steps: options?.every ?? 1};
}

interface Cost {
  /** Milliseconds a step. */
  readonly wall: number;
  /** CPU time of all threads, which other load on the machine hardly changes. */
  readonly cpu: number;
}

async function measure({model, steps}: ReturnType<typeof prepare>): Promise<Cost> {
  const [start, used] = [performance.now(), process.cpuUsage()];
  for (let i = 0; i < steps; i++) await model.trainOnBatch(x, y);
  const {user, system} = process.cpuUsage(used);
  return {wall: (performance.now() - start) / steps, cpu: (user + system) / 1000 / steps};
}

const plain = prepare({layers: null});
const penalized = variants.map(prepare);
const rounds: {plain: Cost; penalized: Cost[]}[] = [];
for (let round = -3; round < Number(values.rounds); round++) {
  const before = await measure(plain);
  const costs: Cost[] = [];
  for (const one of penalized) costs.push(await measure(one));
  const after = await measure(plain);
  const mean = {wall: (before.wall + after.wall) / 2, cpu: (before.cpu + after.cpu) / 2};
  if (round >= 0) rounds.push({plain: mean, penalized: costs});
}

const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
console.log(
  `${engine.name}, batch ${batchSize}: plain step ${median(rounds.map(round => round.plain.wall)).toFixed(1)} ms`,
);
console.table(
  Object.fromEntries(
    variants.map(({name}, i) => {
      const ratio = (of: keyof Cost) =>
        median(rounds.map(round => round.penalized[i]![of] / round.plain[of])).toFixed(2);
      return [name, {'× plain': Number(ratio('wall')), 'CPU time, × plain': Number(ratio('cpu'))}];
    }),
  ),
);
