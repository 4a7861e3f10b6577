import {Command} from 'commander';
import {commands} from './commands.js';
import {version} from './version.js';

/** The whole command line, ready to parse. */
export function createProgram(): Command {
  const program = new Command('tfjs-hessian')
    .description('Layerwise Hessian spectra for TensorFlow.js: set up the native engine, and look at runs.')
    .version(version)
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText(
      'after',
      `
Examples:
  $ npx tfjs-hessian setup     make the native engine work in this project
  $ npx tfjs-hessian doctor    see what runs here and what does not
  $ npx tfjs-hessian report model/model.json --data test.npz --loss categoricalCrossentropy
  $ npx tfjs-hessian export run.ndjson run.parquet`,
    );
  for (const add of commands) add(program);
  return program;
}
