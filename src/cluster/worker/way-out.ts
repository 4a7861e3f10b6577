import type {UnknownClass} from '../../tfjs-internals/layers/unknown-class.js';

/** Says how to make a class known to a worker. */
export function wayOut({kind, className}: UnknownClass): string {
  return (
    `The model has the ${kind} ${className}, which the worker does not know; start the worker with --import file.mjs, a module ` +
    'that exports the class, or registers it with tf.serialization.registerClass.'
  );
}
