import {check} from './arguments/check.js';
import {functionOrAsync} from './arguments/kinds.js';

/** What a warning is about. */
export type WarningCode =
  /** H is not symmetric to within float32. */
  | 'asymmetric'
  /** TensorFlow.js takes a wrong gradient of the loss, and trains by it. */
  | 'wrong-gradient'
  /** The curvature is exactly zero. */
  | 'zero-curvature'
  /** float32's rounding may be a large part of a number. */
  | 'rounding'
  /** TensorFlow.js ignores a setting of the model. */
  | 'ignored-setting'
  /** Work goes on in a slower way. */
  | 'slower';

/** Something that the user should know, though nothing failed. The message says what, why and what to do. */
export class TfjsHessianWarning extends Error {
  override readonly name = 'TfjsHessianWarning';

  constructor(
    readonly code: WarningCode,
    message: string,
  ) {
    super(message);
  }
}

/** Takes a warning in place of the console. */
export type WarningListener = (warning: TfjsHessianWarning) => void;

const warningListener = functionOrAsync<WarningListener>('a function that takes a warning');
const listeners = new Set<WarningListener>();
const said = new Set<string>();
/** A process that makes up ever new messages must not grow by them. */
const MOST_REMEMBERED = 1000;

/**
 * Hands warnings to a listener in place of the console, until what it returns is called.
 *
 * @example
 * const undo = onWarning(({code, message}) => log.warn({code}, message));
 */
export function onWarning(listener: WarningListener): () => void {
  check('listener', warningListener, listener);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Warns the listeners; without any, says it once on the console. */
export function warn(code: WarningCode, message: string): void {
  const warning = new TfjsHessianWarning(code, message);
  if (listeners.size > 0) {
    for (const listener of [...listeners]) hand(warning, listener);
    return;
  }
  if (said.has(message) || said.size >= MOST_REMEMBERED) return;
  said.add(message);
  console.warn(`tfjs-hessian: ${message}`);
}

/** A listener that throws must not harm the work that the warning is about. */
function hand(warning: TfjsHessianWarning, listener: WarningListener): void {
  try {
    listener(warning);
  } catch (error) {
    console.error(error);
  }
}
