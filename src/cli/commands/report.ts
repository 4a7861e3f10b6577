import type {Command} from 'commander';
import type {ReportFlags} from '../report/report-flags.js';
import type {AddCommand} from './command.js';
import {wholeNumber, wholeNumberOrZero} from './whole-number.js';

export const addReport: AddCommand = program => {
  program
    .command('report')
    .summary("show a saved model's layerwise Hessian spectra")
    .description(
      'Loads a model from model.save or the tensorflowjs converter (format tfjs_layers_model), takes the Hessian of ' +
        'its loss on data, and reports the spectrum of the network and of each layer: as a picture and a table on the terminal, ' +
        'or as a file. The JSON is what layerwiseSpectra() returns. With --checkpoints it reports many models on the same data in one ' +
        'table, or as a page of the curvature over them; the JSON is then a list.',
    )
    .argument('[model.json]', 'the model; its weights lie beside it')
    .option('--checkpoints <models...>', "many models: paths and patterns in quotes, such as 'runs/*/model.json'")
    .requiredOption('--data <file>', '.npz or .json with x and y (x0, x1, … for several), or .csv')
    .option('--loss <name>', 'such as categoricalCrossentropy; one per output, separated by commas')
    .option(
      '--import <file>',
      'a module with custom classes and losses (may be repeated)',
      (file: string, files: string[] = []) => [...files, file],
    )
    .option(
      '--out <file>',
      'file to write: .html, .json, .png or .svg (checkpoints: .html, .json or .md); - prints with a picture',
    )
    .option('--layers <layers>', 'all, middle, middle:<n>, or names separated by commas', 'all')
    .option('--batch-size <n>', 'samples per batch', wholeNumber, 512)
    .option('--batches <n>', 'number of batches (default: all)', wholeNumber)
    .option('--inference', 'call layers such as dropout in inference mode, like predict')
    .option('--steps <n>', 'Lanczos steps', wholeNumber, 50)
    .option('--probes <n>', 'number of random probes', wholeNumber, 2)
    .option('-k <n>', 'number of eigenvalues at each end', wholeNumber, 1)
    .option('--seed <n>', 'seed of the random probes', wholeNumberOrZero, 0)
    .option('--json', 'print the spectra as JSON')
    .addHelpText(
      'after',
      `
A CSV file has a header; its columns y, or y0, y1, …, are the target, the others the input. Without such columns, and
without a header, the last column is the target.

Checkpoints are sorted by name, step-2 before step-10. One that cannot be read is a row with its reason, and the exit code is 1. After
Ctrl-C the report has those that are finished.

Examples:
  $ npx tfjs-hessian report model/model.json --data test.npz --loss categoricalCrossentropy
  $ npx tfjs-hessian report model/model.json --data test.npz --loss meanSquaredError --out report.html
  $ npx tfjs-hessian report model/model.json --data iris.csv --loss sparseCategoricalCrossentropy --layers dense_1 --json
  $ npx tfjs-hessian report --checkpoints 'runs/*/model.json' --data test.npz --out curvature.html`,
    )
    .action(async (model: string | undefined, {checkpoints, ...flags}: ReportFlags & Checkpoints, command: Command) => {
      if (model !== undefined && checkpoints !== undefined) {
        command.error(`${model} and --checkpoints are both given; name all models behind --checkpoints`);
      }
      if (checkpoints !== undefined) {
        const {reportCheckpoints} = await import('../report/checkpoints/report-checkpoints.js');
        await reportCheckpoints(checkpoints, flags);
        return;
      }
      if (model === undefined) command.error('no model is given; name a model.json, or several with --checkpoints');
      const {reportModel} = await import('../report/report-model.js');
      await reportModel(model, flags);
    });
};

interface Checkpoints {
  readonly checkpoints?: readonly string[];
}
