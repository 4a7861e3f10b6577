import {Option} from 'commander';
import {thisMachine} from '../../engine/machine/machine.js';
import {failsInClones, prepareForClones} from '../../engine/packages/clones.js';
import {type NativePackageName, nativePackageNames} from '../../engine/packages/native-package.js';
import {oldTar, replaceOldTar} from '../../engine/packages/old-tar.js';
import {setup} from '../../engine/setup.js';
import {ask} from '../terminal/ask.js';
import type {AddCommand} from './command.js';

interface Flags {
  readonly cuda?: boolean;
  readonly cpu?: boolean;
  readonly package?: NativePackageName;
  readonly forClones?: boolean;
  readonly forAudit?: boolean;
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
    .option('--for-audit', 'change package.json so that `npm audit` does not complain about tar')
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
  $ npx tfjs-hessian setup --for-clones --for-audit
  $ npx tfjs-hessian setup --package @tensorflow/tfjs-node`,
    )
    .action(async ({cuda, cpu, package: name, forClones, forAudit, json}: Flags) => {
      // With --json, standard output has the result only.
      const say = json ? (line: string) => console.error(line) : (line: string) => console.log(line);
      const result = await setup({
        cuda: cuda ? true : cpu ? false : 'auto',
        ...(name && {package: name}),
        ...(json && {progress: false}),
        say,
      });
      const terminal = process.stdin.isTTY && process.stdout.isTTY && !json;
      const how = (isWanted?: boolean) => (isWanted ? 'write' : terminal ? 'ask' : 'say');
      if (failsInClones('.', result.package)) await offerForClones(result.package, how(forClones), say);
      // A set-up that has nothing to do says one line and asks nothing.
      if ((forAudit || result.changed) && oldTar('.') !== null) await offerForAudit(how(forAudit), say);
      if (json) console.log(JSON.stringify(result));
    });
};

/** Whether to change package.json, to ask before, or to say only how it is changed. */
type How = 'write' | 'ask' | 'say';

/** Writes to package.json what makes `npm ci` pass in clones, if the user wants it; else says how to do it. */
async function offerForClones(name: NativePackageName, how: How, say: (line: string) => void): Promise<void> {
  const failure = `In a clone of this project \`npm ci\` runs the install script of ${name}, which fails.`;
  const question = `${failure}\nMake it an optional dependency in package.json, so that \`npm ci\` passes?`;
  if (how === 'write' || (how === 'ask' && (await ask(question)))) {
    await prepareForClones('.', name, thisMachine());
    say(`${name} is an optional dependency now. In a clone, run \`npm ci && npx tfjs-hessian setup\`.`);
  } else {
    say(`${failure} \`npx tfjs-hessian setup --for-clones\` changes package.json so that it passes.`);
  }
}

/** Lets the native package have a newer tar, if the user wants it; else says how to do it. */
async function offerForAudit(how: How, say: (line: string) => void): Promise<void> {
  const complaint = `\`npm audit\` complains about tar ${oldTar('.')}, which the native package brings for its own installer; nothing here unpacks with it.`;
  const question = `${complaint}\nReplace it with "overrides" in package.json?`;
  if (how === 'write' || (how === 'ask' && (await ask(question)))) {
    await replaceOldTar('.', thisMachine());
    say('package.json replaces the tar of the native package by a version without known holes.');
  } else {
    say(`${complaint} \`npx tfjs-hessian setup --for-audit\` replaces it with "overrides" in package.json.`);
  }
}
