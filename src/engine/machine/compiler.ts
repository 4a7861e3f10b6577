import {EngineSetupError} from '../../errors.js';
import {lastLine, run} from './command.js';
import type {Machine} from './machine.js';

export interface Compiler {
  readonly command: string;
  /** Its first arguments, as in `CXX="ccache g++"`. */
  readonly args: readonly string[];
  /** The first line of `--version`. */
  readonly version: string;
}

/**
 * Finds a C++ compiler: `$CXX`, `c++`, `g++` or `clang++`.
 *
 * @throws EngineSetupError with the commands that were tried.
 */
export async function findCompiler(machine: Machine): Promise<Compiler> {
  const candidates = [machine.environment.CXX, 'c++', 'g++', 'clang++'].filter(candidate => candidate?.trim());
  const refused: string[] = [];
  for (const candidate of new Set(candidates)) {
    const [command = '', ...args] = (candidate ?? '').trim().split(/\s+/);
    const outcome = await run(command, [...args, '--version'], {environment: machine.environment});
    if (outcome.code === 0) return {command, args, version: outcome.stdout.split('\n')[0] ?? ''};
    refused.push(`\`${candidate}\`: ${lastLine(outcome.stderr)}`);
  }
  throw new EngineSetupError(
    `A C++ compiler is needed to build TensorFlow.js' native addon; tried ${refused.join('; ')}. Install one ` +
      '(Debian, Ubuntu: `apt install g++`; Fedora: `dnf install gcc-c++`; macOS: `xcode-select --install`), ' +
      'or name one in the environment variable CXX.',
  );
}
