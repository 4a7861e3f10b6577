import type {Rank} from '@tensorflow/tfjs-core';
import {hessian, quadraticForm} from 'tfjs-hessian';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {
  loadReferenceModel,
  readReference,
  referenceBatch,
  referenceNames,
  relativeError,
} from '../../../test/references.js';
import type {ExactRecord} from '../record.js';
import type {PartArgs} from './part.js';

/** The bounds of the tests. */
const BOUNDS: Readonly<Record<string, number>> = {
  loss: 1e-6,
  gradient: 2e-6,
  'H v, first': 1e-6,
  'H v, second': 1e-6,
  'H v, as a graph': 1e-6,
  'a column of H V': 2e-6,
  vᵀHv: 1e-5,
  '∇ vᵀHv': 1e-5,
};

/** As many products as make a graph pay. */
const MANY = 28;

/** The reference networks against float64: loss, gradient, products, the penalty and its gradient. */
export async function exact({save, say, every}: PartArgs): Promise<void> {
  const {tf} = await loadTensorFlow({prefer: 'gpu'});
  const errors: Record<string, Record<string, number>> = {};
  const failures: Record<string, string> = {};
  const varying: string[] = [];
  let tensorsLeft = 0;
  const names = referenceNames.filter((_, i) => i % every === 0);
  for (const name of names) {
    const put = (quantity: string, error: number) => {
      errors[quantity] = {...errors[quantity], [name]: error};
    };
    try {
      const reference = readReference(name);
      const model = await loadReferenceModel(name, reference);
      const batch = referenceBatch(reference);
      const v = tf.tensor1d(reference.hvp.vector);
      const warm = await hessian(model, batch);
      tf.tidy(() => warm.matvec(v).dataSync());
      warm.dispose();
      const before = tf.memory().numTensors;
      const H = await hessian(model, batch);
      put('loss', Math.abs(H.loss - reference.loss) / Math.max(1, Math.abs(reference.loss)));
      put(
        'gradient',
        relativeError(
          tf.tidy(() => H.gradient().dataSync()),
          reference.gradient,
        ),
      );
      const products = Array.from({length: MANY}, () => tf.tidy(() => H.matvec(v).dataSync<'float32'>().slice()));
      const [first, second, last] = [products[0]!, products[1]!, products.at(-1)!];
      put('H v, first', relativeError(first, reference.hvp.product));
      put('H v, second', relativeError(second, reference.hvp.product));
      put('H v, as a graph', relativeError(last, reference.hvp.product));
      if (products.some(product => product.some((x, i) => x !== first[i]))) varying.push(name);
      const column = tf.tidy(() => {
        const V = tf.concat2d([tf.expandDims(v, 1), tf.randomNormal<Rank.R2>([H.size, 2], 0, 1, 'float32', 1)], 1);
        return tf.slice(H.matmat(V), [0, 0], [-1, 1]).dataSync();
      });
      put('a column of H V', relativeError(column, reference.hvp.product));
      H.dispose();
      tensorsLeft += tf.memory().numTensors - before;
      if (reference.penalty) {
        const {layer, probe, quadraticForm: value, quadraticFormGradient} = reference.penalty;
        const direction = tf.tensor1d(probe);
        const form = await quadraticForm(model, batch, {layer, direction});
        // Terms of the size ‖v‖ ‖H‖ may cancel.
        const terms = Math.sqrt(probe.length) * reference.perLayer[layer]!.frobenius;
        put('vᵀHv', form.value === value ? 0 : Math.abs(form.value - value) / (Math.abs(value) + terms / 100));
        put('∇ vᵀHv', relativeError(form.gradient.dataSync(), quadraticFormGradient));
        tf.dispose([form.gradient, direction]);
      }
      tf.dispose([v, batch.x, batch.y]);
    } catch (error) {
      failures[name] = (error as Error).message.slice(0, 300);
      say(`${name}: ${failures[name]}`);
    }
    save(recordOf());
  }
  for (const [quantity, {median, worst, network, bound}] of Object.entries(recordOf().quantities)) {
    say(
      `${quantity}: median ${e(median)}, worst ${e(worst)} (${network})${worst > bound ? `, ABOVE ${e(bound)}` : ''}`,
    );
  }
  say(
    `${names.length} networks, ${tensorsLeft} tensors left; other bits from run to run: ${varying.join(', ') || 'none'}`,
  );

  function recordOf(): ExactRecord {
    const quantities = Object.entries(errors).map(([quantity, of]) => {
      const sorted = Object.entries(of).sort(([, a], [, b]) => a - b);
      const [network, worst] = sorted.at(-1)!;
      return [quantity, {median: sorted[Math.floor(sorted.length / 2)]![1], worst, network, bound: BOUNDS[quantity]!}];
    });
    return {networks: names.length, quantities: Object.fromEntries(quantities), varying, failures, tensorsLeft};
  }
}

function e(x: number): string {
  return x === 0 ? '0' : x.toExponential(1);
}
