import type {Engine} from 'tfjs-hessian/node';
import type {Network} from './networks.js';
import {cnn, mlp} from './networks.js';
import type {Options} from './options.js';

/** The part of the demo that an engine can run in one or two minutes. */
export interface Plan {
  readonly network: Network;
  readonly sizes: {readonly training: number; readonly test: number};
  readonly batchSize: number;
  /** Lanczos steps and probes of a sample. */
  readonly steps: number;
  readonly probes: number;
}

const full = {sizes: {training: 60_000, test: 10_000}, batchSize: 256, steps: 12, probes: 3};
const few = {sizes: {training: 30_000, test: 10_000}, batchSize: 256, steps: 12, probes: 3};
const fewer = {sizes: {training: 2_000, test: 1_000}, batchSize: 64, steps: 8, probes: 2};
const fewest = {sizes: {training: 512, test: 1_000}, batchSize: 64, steps: 6, probes: 2};

export function planFor({name}: Engine, {quick}: Options): Plan {
  const network = name === 'gpu' || name === 'native' ? cnn : mlp;
  if (quick) return {...fewest, network};
  return {...{gpu: full, native: full, wasm: few, cpu: fewer}[name], network};
}

export function describe({network, sizes}: Plan, engine: Engine): string {
  const doing = `Training ${network.title} on ${sizes.training.toLocaleString('en')} images of MNIST`;
  if (engine.backend === 'tensorflow') return `${doing}, on ${engine.package} (libtensorflow ${engine.library}).`;
  const reason = engine.insteadOf === null ? '' : ` (${engine.insteadOf})`;
  return (
    `${doing} on ${engine.name}${reason}: a smaller version. The native engine trains a CNN on all 60,000, tens of times as ` +
    'fast; `npm run setup` builds it, given Python 3 with pip and a C++ compiler.'
  );
}
