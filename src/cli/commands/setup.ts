import {Option} from 'commander';
import {thisMachine} from '../../engine/machine/machine.js';
import {failsInClones, prepareForClones} from '../../engine/packages/clones.js';
import {type NativePackageName, nativePackageNames} from '../../engine/packages/native-package.js';
import {setup} from '../../engine/setup.js';
import {ask} from '../terminal/ask.js';
import type {AddCommand} from './command.js';

interface Flags {
  readonly cuda?: boolean;
  readonly cpu?: boolean;
  readonly package?: NativePackageName;
  readonly forClones?: boolean;
  readonly json?: boolean;
}

export const addSetup: AddCommand = program => {
  program
    .command('setup')
    .summary('make the native TensorFlow.js engine work in this project')
    .description(
      'Adds @tensorflow/tfjs-node-gpu to the project in the working directory if it has no native engine, fetches libtensorflow, ' +
        'builds the addon and checks that it loads. Downloads and builds are kept for other projects. Does nothing if ' +
        'everything is in place.',
    )
    .addOption(new Option('--cuda', 'compute on NVIDIA GPUs (default: if there is a driver)').conflicts('cpu'))
    .addOption(new Option('--cpu', 'compute on the CPU'))
    .addOption(new Option('--package <name>', 'which of the two packages to set up').choices([...nativePackageNames]))
    .option('--for-clones', 'change package.json so that `npm ci` passes in a clone of the project')
    .option('--json', 'print the result as JSON, and the steps on standard error')
    .addHelpText(
      'after',
      `
Environment:
  TFJS_HESSIAN_CACHE  folder for downloads and builds (0.9 GB; 5.7 GB with CUDA)
  PYTHON, CXX         the Python (with pip) and the C++ compiler to use
  PIP_INDEX_URL, PIP_FIND_LINKS, HTTPS_PROXY  are used by pip, which downloads

Examples:
  $ npx tfjs-hessian setup
  $ npx tfjs-hessian setup --cuda
  $ npx tfjs-hessian setup --for-clones
  $ npx tfjs-hessian setup --package @tensorflow/tfjs-node`,
    )
    .action(async ({cuda, cpu, package: name, forClones, json}: Flags) => {
      // With --json, standard output has the result only.
      const say = json ? (line: string) => console.error(line) : (line: string) => console.log(line);
      const result = await setup({
        cuda: cuda ? true : cpu ? false : 'auto',
        ...(name && {package: name}),
        ...(json && {progress: false}),
        say,
      });
      if (failsInClones('.', result.package)) {
        const terminal = process.stdin.isTTY && process.stdout.isTTY && !json;
        await offer(result.package, forClones ? 'write' : terminal ? 'ask' : 'say', say);
      }
      if (json) console.log(JSON.stringify(result));
    });
};

/** Writes to package.json what makes `npm ci` pass in clones, if the user wants it; else says how to do it. */
async function offer(
  name: NativePackageName,
  how: 'write' | 'ask' | 'say',
  say: (line: string) => void,
): Promise<void> {
  const failure = `In a clone of this project \`npm ci\` runs the install script of ${name}, which fails.`;
  const question = `${failure}\nMake it an optional dependency in package.json, so that \`npm ci\` passes?`;
  if (how === 'write' || (how === 'ask' && (await ask(question)))) {
    await prepareForClones('.', name, thisMachine());
    say(`${name} is an optional dependency now. In a clone, run \`npm ci && npx tfjs-hessian setup\`.`);
  } else {
    say(`${failure} \`npx tfjs-hessian setup --for-clones\` changes package.json so that it passes.`);
  }
}
