#!/usr/bin/env node
import {TfjsHessianError} from '../errors.js';
import {createProgram} from './program.js';

try {
  await createProgram().parseAsync();
} catch (error) {
  // Our own errors say what to do in one line; a stack trace would bury that.
  const known = error instanceof TfjsHessianError;
  console.error(known ? `tfjs-hessian: ${error.message}` : error);
  process.exitCode = 1;
}
