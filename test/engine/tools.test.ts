import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {findCompiler} from '../../src/engine/machine/compiler.js';
import {type Machine, thisMachine} from '../../src/engine/machine/machine.js';
import {findPython} from '../../src/engine/machine/python.js';
import {EngineSetupError} from '../../src/errors.js';
import {needs, noPython} from '../needs.js';

const python = await findPython(thisMachine()).catch(() => null);

let folder: string;
let bare: Machine;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-'));
  mkdirSync(join(folder, 'bin'));
  bare = {...thisMachine(), environment: {PATH: join(folder, 'bin')}};
});
afterEach(() => rmSync(folder, {recursive: true}));

describe('findPython', () => {
  it('lists what it tried and how to install Python if there is none', async () => {
    await expect(findPython(bare)).rejects.toThrow(EngineSetupError);
    await expect(findPython(bare)).rejects.toThrow(
      /`python3 -m pip`: .*ENOENT; `python -m pip`: .*apt install python3-pip/,
    );
  });

  it('says that pip is missing if Python has none', needs(python, noPython), async () => {
    execFileSync('python3', ['-m', 'venv', '--without-pip', join(folder, 'venv')]);
    const machine = {...bare, environment: {PATH: join(folder, 'venv', 'bin')}};
    await expect(findPython(machine)).rejects.toThrow(/`python3 -m pip`: .*No module named pip.*python3-pip/);
  });

  it('uses the Python in the variable PYTHON', needs(python, noPython), async () => {
    const PYTHON = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {encoding: 'utf8'}).trim();
    const machine = {...bare, environment: {...bare.environment, PYTHON}};
    expect(await findPython(machine)).toMatchObject({command: PYTHON, version: expect.stringMatching(/^3\./)});
  });
});

describe('findCompiler', () => {
  it('lists what it tried and how to install a compiler if there is none', async () => {
    await expect(findCompiler(bare)).rejects.toThrow(EngineSetupError);
    await expect(findCompiler(bare)).rejects.toThrow(
      /tried `c\+\+`: .*ENOENT; `g\+\+`: .*`clang\+\+`: .*apt install g\+\+.*CXX/,
    );
  });

  it('keeps the arguments in the variable CXX', async () => {
    const machine = {...thisMachine(), environment: {...process.env, CXX: 'env c++'}};
    const compiler = await findCompiler(machine).catch(() => null);
    // A computer without a compiler has nothing to find.
    if (compiler) expect(compiler).toMatchObject({command: 'env', args: ['c++']});
  });
});
