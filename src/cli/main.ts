#!/usr/bin/env node
import {complain} from './complaint.js';
import {createProgram} from './program.js';

// `… | head` stops reading before this process stops writing.
process.stdout.on('error', error => {
  if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = complain(error);
}
