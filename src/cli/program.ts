import {Command} from 'commander';
import {disableColor} from '../tfjs-internals/node/environment.js';
import {commands} from './commands/all.js';
import {version} from './version.js';

/** Makes the command line, ready to parse. A usage error is thrown as a CommanderError. */
export function createProgram(): Command {
  const program = new Command('tfjs-hessian')
    .description('Layerwise Hessian spectra for TensorFlow.js: set up the native engine, and look at runs.')
    .version(version)
    .option('--no-color', 'print without colours, as NO_COLOR does')
    .exitOverride()
    // The error is printed where it is caught.
    .configureOutput({outputError: () => {}})
    .hook('preAction', (_, action) => {
      if (action.optsWithGlobals().color === false) disableColor();
    })
    .addHelpText(
      'after',
      `
Examples:
  $ npx tfjs-hessian setup     make the native engine work in this project
  $ npx tfjs-hessian doctor    see what runs here and what does not
  $ npx tfjs-hessian demo      train a small network and watch its spectrum move
  $ npx tfjs-hessian report model/model.json --data test.npz --loss categoricalCrossentropy
  $ npx tfjs-hessian export run.ndjson run.parquet
  $ npx tfjs-hessian watch run.ndjson --open

Exit codes: 0 done; 1 not done, and a line says why; 2 the command line makes no sense.
TFJS_HESSIAN_DEBUG=1 shows where an error comes from.`,
    );
  for (const add of commands) add(program);
  return program;
}
