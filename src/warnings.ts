import {check} from './arguments/check.js';
import {functionOrAsync} from './arguments/kinds.js';

/** What a warning is about. */
export type WarningCode =
  /** H is not symmetric up to float32 rounding. */
  | 'asymmetric'
  /** TensorFlow.js takes a wrong gradient of the loss and trains with it. */
  | 'wrong-gradient'
  /** The curvature is exactly zero. */
  | 'zero-curvature'
  /** float32 rounding may be a large part of a number. */
  | 'rounding'
  /** TensorFlow.js ignores a setting of the model. */
  | 'ignored-setting'
  /** The gradient of a penalty dwarfs that of the loss. */
  | 'strong-penalty'
  /** The work continues in a slower way. */
  | 'slower'
  /** The work will take long, or much memory. */
  | 'costly';

/** A warning: nothing failed. The message says what happened, why, and what to do. */
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
/** Limits the memory of a process that warns with ever new messages. */
const MOST_REMEMBERED = 1000;

/**
 * Passes warnings to a listener instead of the console.
 *
 * @returns a function that removes the listener.
 * @throws InvalidArgumentError if the listener is not a function.
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

/** Passes a warning to the listeners; without listeners, prints each message once on the console. */
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

/** Calls a listener. An error of the listener must not disturb the work that warned. */
function hand(warning: TfjsHessianWarning, listener: WarningListener): void {
  try {
    listener(warning);
  } catch (error) {
    console.error(error);
  }
}
