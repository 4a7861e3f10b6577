import type {MatvecOperator} from 'tfjs-hessian';
import {hessian, spectrum} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {SpectraBlock, SpectraRecord} from '../harness/record.js';
import type {Peer} from '../peers/peer.js';
import {writeSubject} from '../peers/subject-files.js';
import {cnn} from '../subjects/cnn.js';

export interface SpectraArgs {
  readonly tf: TensorFlow;
  readonly torch: Peer | undefined;
  readonly folder: string;
  /** Measures two blocks only. */
  readonly quick: boolean;
}

/**
 * Measures PyHessian's report for the network and for every layer: the density from 100 Lanczos steps, the top 2 eigenvalues to
 * 1e-3, and the trace with the standard error of 100 Hutchinson probes. Ours and PyHessian's run in turn, block by block.
 */
export async function measureSpectra({tf, torch, folder, quick}: SpectraArgs): Promise<SpectraRecord> {
  const model = cnn.build(tf);
  const batch = cnn.batch(tf);
  // A few steps away from the initial weights, where a spectrum has its outliers.
  for (let i = 0; i < 20; i++) await model.trainOnBatch(batch.x, batch.y);
  const H = await hessian(model, batch);
  const v = tf.zeros([H.size]).as1D();
  const {layerNames, ...files} = writeSubject(tf, cnn, model, batch, H, v, folder);
  tf.dispose(v);
  await torch?.prepare(files);
  const names = quick ? ['network', layerNames.at(-1)!] : ['network', ...layerNames];
  const blocks: SpectraBlock[] = [];
  for (const block of names) {
    const ours = await report(block, block === 'network' ? H : H.block(block));
    let peer: SpectraBlock['peer'] = null;
    if (torch) {
      try {
        const layer = block === 'network' ? null : layerNames.indexOf(block);
        const {milliseconds, value} = await torch.run("PyHessian's report", {layer});
        const {top, trace: traceOf} = value as {top: number[]; trace: number};
        peer = {milliseconds, top, trace: traceOf};
      } catch (error) {
        torch.failures[`PyHessian, ${block}`] = (error as Error).message;
      }
    }
    blocks.push({...ours, peer});
  }
  H.dispose();
  const sum = (of: (block: SpectraBlock) => number) => blocks.reduce((total, block) => total + of(block), 0);
  const milliseconds = sum(block => block.milliseconds);
  return {
    blocks,
    overhead: milliseconds / sum(block => block.inProducts),
    against: blocks.every(({peer}) => peer !== null) ? milliseconds / sum(({peer}) => peer!.milliseconds) : null,
  };
}

async function report(block: string, operator: MatvecOperator): Promise<Omit<SpectraBlock, 'peer'>> {
  const clocked = new ClockedOperator(operator);
  const began = performance.now();
  const {largest, smallest, trace} = await spectrum(clocked, {steps: 100, probes: 1, k: 2, traceProbes: 100});
  const top = [...largest, ...smallest].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, 2);
  const milliseconds = performance.now() - began;
  return {
    block,
    milliseconds,
    inProducts: clocked.milliseconds,
    products: clocked.products,
    top: [top[0]!.value, top[1]!.value],
    residual: Math.max(...top.map(({residual}) => residual)) / Math.abs(top[0]!.value),
    trace: trace.value,
    standardError: trace.standardError,
  };
}

/** An operator that measures the time of its products. */
class ClockedOperator implements MatvecOperator {
  readonly size: number;
  milliseconds = 0;
  products = 0;

  constructor(private readonly operator: MatvecOperator) {
    this.size = operator.size;
  }

  matvec(v: Parameters<MatvecOperator['matvec']>[0]) {
    return this.clock(1, () => this.operator.matvec(v));
  }

  matmat(V: Parameters<NonNullable<MatvecOperator['matmat']>>[0]) {
    return this.clock(V.shape[1], () => this.operator.matmat!(V));
  }

  private clock<T>(products: number, multiply: () => T): T {
    const began = performance.now();
    const product = multiply();
    this.milliseconds += performance.now() - began;
    this.products += products;
    return product;
  }
}
