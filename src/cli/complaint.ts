import {CommanderError} from 'commander';
import {TfjsHessianError} from '../errors.js';
import {Stopped} from './terminal/stoppable.js';
import {UsageError} from './usage-error.js';

/**
 * Prints in one line, on standard error, what is wrong and what to do.
 *
 * @returns the exit code.
 */
export function complain(error: unknown): number {
  if (error instanceof CommanderError) {
    // Help and version are already printed.
    if (error.exitCode === 0) return 0;
    // Without a command, the help is already printed.
    if (error.code !== 'commander.help') console.error(`tfjs-hessian: ${usage(error.message)}`);
    return 2;
  }
  // The user knows.
  if (error instanceof Stopped) return error.exitCode;
  const isUsage = error instanceof UsageError;
  if (process.env.TFJS_HESSIAN_DEBUG) console.error(error);
  else if (isUsage) console.error(`tfjs-hessian: ${usage(error.message)}`);
  // Our errors say what to do. For other errors a stack trace helps, if the user asks for it.
  else if (error instanceof TfjsHessianError) console.error(`tfjs-hessian: ${error.message}`);
  else console.error(`tfjs-hessian: ${oneLine(String(error))} (TFJS_HESSIAN_DEBUG=1 prints a stack trace.)`);
  return isUsage ? 2 : 1;
}

function usage(message: string): string {
  const line = oneLine(message)
    .replace(/^error: /, '')
    .replace(/\.$/, '');
  return `${line}. --help shows what there is.`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
