import {Callback} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../errors.js';
import {checkCallbacks} from '../model/training-step.js';

/** tfjs-layers does not export the class that it asks for. */
const BaseCallback = Object.getPrototypeOf(Callback) as abstract new () => object;

let ours: (abstract new (...args: never[]) => Callback) | null = null;

/**
 * Refuses, from now on, fits whose list has a plain object beside a callback of this class: tfjs-layers takes all of a list
 * for what the first one is, and calls methods that are not there.
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
    `${own.constructor.name} stands in a list with a plain object: tfjs-layers takes callbacks that are all of class Callback, ` +
      `or all plain objects. Wrap the plain one: new tf.CustomCallback({${example}}).`,
  );
}
