import {parseArgs} from 'node:util';
import type {EngineName} from 'tfjs-hessian/node';

export interface Options {
  /** The folder for the picture. */
  readonly out: string;
  readonly epochs: number;
  /** Only a few steps on a few images, to test in seconds that everything works. */
  readonly quick: boolean;
  /** The engine to try first; default: the fastest. */
  readonly prefer?: EngineName;
}

export function readOptions(): Options {
  const {values} = parseArgs({
    options: {
      out: {type: 'string', default: 'out'},
      epochs: {type: 'string'},
      quick: {type: 'boolean', default: false},
      engine: {type: 'string'},
    },
  });
  const epochs = Number(values.epochs ?? (values.quick ? 1 : 2));
  if (!Number.isInteger(epochs) || epochs < 1) {
    throw new RangeError(`--epochs is ${values.epochs}; it must be a whole number of at least 1.`);
  }
  const {out, quick, engine} = values;
  // `loadTensorFlow` checks the name.
  return {out, quick, epochs, ...(engine !== undefined && {prefer: engine as EngineName})};
}
