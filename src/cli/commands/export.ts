import {stoppable} from '../terminal/stoppable.js';
import type {AddCommand} from './command.js';

export const addExport: AddCommand = program => {
  program
    .command('export')
    .summary('convert a run to CSV, Parquet or an event file of TensorBoard')
    .description(
      'Converts a run that the sink ndjson(path) wrote or is still writing. The CSV and Parquet files have a row for each ' +
        'sample and block: the network, whose layer is empty, and each layer; the Parquet file has the spectra too. An existing ' +
        'file is replaced.',
    )
    .argument('<run.ndjson>', 'the run')
    .argument('<file>', 'file to write: .csv, .parquet or .tfevents')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ npx tfjs-hessian export run.ndjson run.csv
  $ npx tfjs-hessian export run.ndjson run.parquet
  $ npx tfjs-hessian export run.ndjson logs/run.tfevents && tensorboard --logdir logs`,
    )
    .action(async (run: string, file: string, {json}: {readonly json?: boolean}) => {
      const {progressCounter} = await import('../terminal/progress-bar.js');
      const {turnIfDue} = await import('../../event-loop.js');
      const {exportRun} = await import('../export/export-run.js');
      const counter = progressCounter('samples');
      const exported = await stoppable(signal =>
        exportRun(run, file, async () => {
          counter.increment();
          await turnIfDue();
          signal.throwIfAborted();
        }).finally(counter.stop),
      );
      const {samples, runs} = exported;
      const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;
      console.log(json ? JSON.stringify(exported) : `${file}: ${count(samples, 'sample')} of ${count(runs, 'run')}.`);
    });
};
