import {Command} from 'commander';
import {version} from '../package-version.js';
import {disableColor} from '../tfjs-internals/node/environment.js';
import {commands} from './commands/all.js';

/** Makes the command line, ready to parse. A usage error is thrown as a CommanderError. */
export function createProgram(): Command {
  const program = new Command('tfjs-hessian')
    .description('Layerwise Hessian spectra for TensorFlow.js: set up the native engine, and inspect models and runs.')
    .version(version)
    .option('--no-color', 'print without colors, like NO_COLOR')
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
  $ npx tfjs-hessian doctor    check which engines work here
  $ npx tfjs-hessian demo      train a small network and watch its spectrum move
  $ npx tfjs-hessian report model/model.json --data test.npz --loss categoricalCrossentropy
  $ npx tfjs-hessian export run.ndjson run.parquet
  $ npx tfjs-hessian advise run.ndjson
  $ npx tfjs-hessian watch run.ndjson --open
  $ npx tfjs-hessian worker --redis redis://10.0.0.5:6379

Exit codes: 0 success; 1 failure, with a message; 2 invalid usage; 130 after Ctrl-C; 143 after SIGTERM.
TFJS_HESSIAN_DEBUG=1 prints the stack trace of an error.`,
    );
  for (const add of commands) add(program);
  return program;
}
