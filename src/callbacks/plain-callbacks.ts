import {Callback} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../errors.js';
import {checkCallbacks} from '../model/training-step.js';

/** The class that tfjs-layers tests callbacks for, which it does not export. */
const BaseCallback = Object.getPrototypeOf(Callback) as abstract new () => object;

let ours: (abstract new (...args: never[]) => Callback) | null = null;

/**
 * Refuses every later fit whose list has a plain object beside a callback of this class.
 *
 * tfjs-layers treats all callbacks of a list like the first one, and would call methods that do not exist.
 */
export function refusePlainBeside(callbackClass: abstract new (...args: never[]) => Callback): void {
  if (ours === null) checkCallbacks(refusePlain);
  ours = callbackClass;
}

function refusePlain(callbacks: readonly unknown[]): void {
  const own = callbacks.find(callback => callback instanceof ours!) as object | undefined;
  const plain = callbacks.find(callback => !(callback instanceof BaseCallback));
  if (own === undefined || plain === undefined) return;
  const methods = Object.keys(plain ?? {}).filter(key => /^on[A-Z]/.test(key));
  const example = (methods.length > 0 ? methods : ['onEpochEnd']).map(name => `${name}: …`).join(', ');
  throw new InvalidArgumentError(
    `${own.constructor.name} is in a list with a plain object: tfjs-layers takes callbacks that are all of class Callback, ` +
      `or all plain objects. Wrap the plain one: new tf.CustomCallback({${example}}).`,
  );
}
