import type {Command} from 'commander';
import type {ClusterFlags} from '../report/checkpoints/cluster-flags.js';
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
    .option(
      '--redis [url]',
      'let workers of a cluster report the checkpoints; redis://host:6379, or rediss://… with TLS (default: TFJS_HESSIAN_REDIS)',
    )
    .option('--queue <name>', 'the queue, as in worker --queue', 'tfjs-hessian')
    .option('--max-bytes <n>', 'the largest checkpoint with its data, in bytes, for workers', wholeNumber, 256_000_000)
    .addHelpText(
      'after',
      `
A CSV file has a header; its columns y, or y0, y1, …, are the target, the others the input. Without such columns, and
without a header, the last column is the target.

Checkpoints are sorted by name, step-2 before step-10. One that cannot be read is a row with its reason, and the exit code is 1. After
Ctrl-C the report has those that are finished.

With --redis, the workers of npx tfjs-hessian worker take the checkpoints, each one at a time. The numbers are the same.

Environment:
  TFJS_HESSIAN_REDIS  the URL of Redis for --redis without one. In it, a password is seen by fewer people than in a command.

Examples:
  $ npx tfjs-hessian report model/model.json --data test.npz --loss categoricalCrossentropy
  $ npx tfjs-hessian report model/model.json --data test.npz --loss meanSquaredError --out report.html
  $ npx tfjs-hessian report model/model.json --data iris.csv --loss sparseCategoricalCrossentropy --layers dense_1 --json
  $ npx tfjs-hessian report --checkpoints 'runs/*/model.json' --data test.npz --out curvature.html
  $ npx tfjs-hessian report --checkpoints 'runs/*/model.json' --data test.npz --redis redis://10.0.0.5:6379`,
    )
    .action(async (model: string | undefined, given: ReportFlags & Checkpoints & Cluster, command: Command) => {
      const {checkpoints, redis, queue, maxBytes, ...flags} = given;
      for (const name of ['queue', 'maxBytes']) {
        const isGiven = command.getOptionValueSource(name) === 'cli';
        if (isGiven && redis === undefined)
          command.error('--queue and --max-bytes are for --redis, which is not given');
      }
      if (model !== undefined && checkpoints !== undefined) {
        command.error(`${model} and --checkpoints are both given; name all models behind --checkpoints`);
      }
      if (redis !== undefined && flags.import !== undefined) {
        command.error(
          '--import is for the workers when --redis is given; start them with it: npx tfjs-hessian worker --import file.mjs',
        );
      }
      if (checkpoints !== undefined) {
        const {reportCheckpoints} = await import('../report/checkpoints/report-checkpoints.js');
        await reportCheckpoints(checkpoints, flags, redis === undefined ? null : {redis, queue, maxBytes});
        return;
      }
      if (redis !== undefined) command.error('--redis is for --checkpoints; name the model behind --checkpoints');
      if (model === undefined) command.error('no model is given; name a model.json, or several with --checkpoints');
      const {reportModel} = await import('../report/report-model.js');
      await reportModel(model, flags);
    });
};

type Cluster = Omit<ClusterFlags, 'redis'> & Partial<Pick<ClusterFlags, 'redis'>>;

interface Checkpoints {
  readonly checkpoints?: readonly string[];
}
