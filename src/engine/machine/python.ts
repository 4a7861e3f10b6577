import {EngineSetupError} from '../../errors.js';
import {lastLine, run} from './command.js';
import type {Machine} from './machine.js';

/** A Python with pip to download wheels and `zipfile` to unpack them. */
export interface Python {
  readonly command: string;
  readonly version: string;
  readonly pip: string;
}

/**
 * Finds a Python 3 with pip: `$PYTHON`, `python3` or `python`.
 *
 * @throws EngineSetupError with what was tried, and why each cannot be used.
 */
export async function findPython(machine: Machine): Promise<Python> {
  const candidates = [machine.environment.PYTHON, 'python3', 'python'].filter(candidate => candidate !== undefined);
  const refused: string[] = [];
  for (const command of new Set(candidates)) {
    const outcome = await run(command, ['-m', 'pip', '--version'], {environment: machine.environment});
    const found = /^pip (\d+)(\S*) .*\(python (\d+)\.(\S+)\)/m.exec(outcome.stdout);
    if (!found) {
      refused.push(`\`${command} -m pip\`: ${lastLine(outcome.stderr || outcome.stdout)}`);
    } else if (Number(found[3]) < 3 || Number(found[1]) < 20) {
      refused.push(`\`${command} -m pip\`: pip ${found[1]}${found[2]} of Python ${found[3]}.${found[4]} is too old`);
    } else {
      return {command, version: `${found[3]}.${found[4]}`, pip: `${found[1]}${found[2]}`};
    }
  }
  throw new EngineSetupError(
    `Python 3 with pip 20 or newer is needed to fetch libtensorflow; tried ${refused.join('; ')}. Install it ` +
      '(Debian, Ubuntu: `apt install python3-pip`; Fedora: `dnf install python3-pip`; macOS: `xcode-select --install`), ' +
      'or name a Python that has pip in the environment variable PYTHON.',
  );
}
