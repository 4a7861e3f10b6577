import {Option} from 'commander';
import {type NativePackageName, nativePackageNames} from '../engine/native-package.js';
import {setup} from '../engine/setup.js';
import type {AddCommand} from './command.js';

interface Flags {
  readonly cuda?: boolean;
  readonly cpu?: boolean;
  readonly package?: NativePackageName;
  readonly json?: boolean;
}

export const addSetup: AddCommand = program => {
  program
    .command('setup')
    .summary('make the native TensorFlow.js engine work in this project')
    .description(
      'Adds @tensorflow/tfjs-node-gpu to the project in the working directory if it has no native engine, fetches libtensorflow, ' +
        'builds the addon and checks that it loads. What is fetched and built is kept for other projects. Does nothing when ' +
        'everything is in place.',
    )
    .addOption(new Option('--cuda', 'compute on NVIDIA GPUs (default: when there is a driver)').conflicts('cpu'))
    .addOption(new Option('--cpu', 'compute on the CPU'))
    .addOption(new Option('--package <name>', 'which of the two packages to set up').choices([...nativePackageNames]))
    .option('--json', 'print what is there afterwards as JSON, and the steps on standard error')
    .addHelpText(
      'after',
      `
Environment:
  TFJS_HESSIAN_CACHE  folder for what is fetched and built (0.9 GB; 5.7 GB with CUDA)
  PYTHON, CXX         the Python (with pip) and the C++ compiler to use
  PIP_INDEX_URL, PIP_FIND_LINKS, HTTPS_PROXY  are heeded by pip, which downloads

Examples:
  $ npx tfjs-hessian setup
  $ npx tfjs-hessian setup --cuda
  $ npx tfjs-hessian setup --package @tensorflow/tfjs-node`,
    )
    .action(async ({cuda, cpu, package: name, json}: Flags) => {
      // pip's bars would be on standard output.
      const quiet = json ? {say: (line: string) => console.error(line), progress: false} : {};
      const result = await setup({cuda: cuda ? true : cpu ? false : 'auto', ...(name && {package: name}), ...quiet});
      if (json) console.log(JSON.stringify(result));
    });
};
