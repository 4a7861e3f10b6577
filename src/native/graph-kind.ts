import {InvalidArgumentError} from '../errors.js';
import type {NativeBackend} from '../tfjs-internals/node/backend.js';
import {hasGraphFunctions} from './graph-function.js';
import {nodeModules} from './node-modules.js';

/**
 * How TensorFlow runs graphs. All kinds but XLA's give the same bits.
 *
 * - `'function'`: like an op. Tensors stay on their device, and a graph loads several times as fast as a session. Only the addon
 *   that our set-up builds can.
 * - `'session'`: all addons can. Feeds and outputs pass through the host's memory, which is where a CPU's tensors are.
 * - `'variables'`: a session whose variables hold the constants on its device, so that only inputs and outputs pass through the
 *   host's memory. For products, which have few of these, on a GPU with the addon as it is published.
 * - `'xla'`: a function that XLA compiles, with other rounding.
 * - `'off'`: not at all; programs run op by op.
 */
export type GraphKind = (typeof kinds)[number];

const kinds = ['function', 'session', 'variables', 'xla', 'off'] as const;

/** The environment variable that overrides the choice, for tests and measurements. */
export const GRAPHS = 'TFJS_HESSIAN_GRAPHS';

/** The kind that fits the device and the addon. */
export function graphKind({binding, isUsingGpuDevice}: NativeBackend): GraphKind {
  const wanted = globalThis.process?.env?.[GRAPHS];
  const kind = kinds.find(each => each === wanted);
  if (wanted && !kind)
    throw new InvalidArgumentError(`${GRAPHS} is "${wanted}"; it must be one of ${kinds.join(', ')}, or not set.`);
  if ((kind === 'function' || kind === 'xla') && !hasGraphFunctions(binding))
    throw new InvalidArgumentError(`${GRAPHS} is "${kind}", which needs the addon of \`npx tfjs-hessian setup\`.`);
  if (kind) return kind;
  if (hasGraphFunctions(binding)) return 'function';
  if (nodeModules() === null) return 'off';
  return isUsingGpuDevice ? 'variables' : 'session';
}
