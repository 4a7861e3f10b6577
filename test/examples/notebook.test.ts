import {spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, readFileSync, rmSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, expect, it, vi} from 'vitest';
import {notebookCells} from '../../site/notebook.js';
import {repository} from '../engine/run-source.js';
import {inCi, needs} from '../needs.js';
import {installPacked} from '../package/install.js';
import {runMarkdown} from '../run-markdown.js';

const file = join(repository, 'examples/notebook/curvature.ipynb');
const json = readFileSync(file, 'utf8');
const saved = whatIsSeen(json);

/** What the cells of a notebook have printed and drawn. */
interface Seen {
  readonly printed: string;
  readonly pictures: readonly string[];
}

function whatIsSeen(notebook: string): Seen & {readonly kinds: readonly string[]} {
  const outputs = notebookCells(notebook).flatMap(cell => cell.outputs);
  return {
    printed: outputs.map(({text}) => text).join(''),
    pictures: outputs.map(({picture}) => picture).filter(svg => svg !== ''),
    kinds: outputs.map(({kind}) => kind),
  };
}

/** The same lines and pictures. Other versions of JavaScript's engine round tanh and exp otherwise, which a training enlarges. */
function expectSaved({printed, pictures}: Seen): void {
  const number = /\d+(?:\.\d+)?/g;
  expect(printed.replaceAll(number, '#')).toBe(saved.printed.replaceAll(number, '#'));
  const [found, known] = [printed, saved.printed].map(text => text.match(number)!.map(Number));
  // A unit in the third place is a hundredth at most. What the rounding changes is far less.
  for (const [i, value] of known!.entries()) expect(Math.abs(found![i]! - value)).toBeLessThan(0.015 * value);
  const shape = (svg: string) =>
    [...svg.matchAll(/<(\w+)|aria-label="([^"]+)"|>([a-z]+)</g)].map(([, ...parts]) => parts);
  expect(pictures.map(shape)).toEqual(saved.pictures.map(shape));
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('the notebook’s cells, run in their order, print and draw what is saved in it', async () => {
  expect(saved.kinds).toEqual(['stdout', 'display_data', 'display_data']);
  expect(saved.printed.match(/^epoch \d+: loss .* trace .* ± .*, largest eigenvalue .*$/gm)).toHaveLength(10);
  const pictures: string[] = [];
  const display = async (data: Record<string, string>) => void pictures.push(data['image/svg+xml']!);
  vi.stubGlobal('Deno', {jupyter: {display}});
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const code = notebookCells(json).filter(({isCode}) => isCode);
  await runMarkdown(code.map(({source}) => `\`\`\`ts\n${source}\n\`\`\`\n`).join(''));
  expectSaved({printed: log.mock.calls.map(([line]) => `${line}\n`).join(''), pictures});
});

const python = process.env.PYTHON ?? 'python3';
/** The kernel, and what runs a notebook without a page. */
const hasKernel =
  spawnSync('deno', ['--version']).status === 0 &&
  spawnSync(python, ['-c', 'import nbclient, nbformat'], {stdio: 'ignore'}).status === 0;
const noKernel = 'Deno (`npm install --global deno`) or nbclient (`pip install nbclient`) is missing.';
// No part of what a fresh clone installs, so CI does without it.
const kernel = inCi && !hasKernel ? {skip: true} : needs(hasKernel, noKernel);

const script = `
import json, sys, nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
class Deno(AsyncKernelManager):
    kernel_spec = KernelSpec(argv=['deno', 'jupyter', '--kernel', '--conn', '{connection_file}'], language='typescript')
notebook = nbformat.read(sys.argv[1], 4)
for cell in notebook.cells:
    if cell.cell_type == 'code': cell.outputs = []
NotebookClient(notebook, timeout=600, kernel_manager_class=Deno, coalesce_streams=True).execute()
print(json.dumps(notebook))
`;

it('the notebook runs on its kernel, with the package as it is published', {...kernel, timeout: 900_000}, () => {
  const folder = installPacked(['@tensorflow/tfjs', '@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', 'rxjs']);
  try {
    mkdirSync(join(folder, 'node_modules/@observablehq'));
    for (const name of ['@observablehq/plot', 'linkedom'])
      symlinkSync(join(repository, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
    cpSync(file, join(folder, 'curvature.ipynb'));
    const options = {cwd: folder, encoding: 'utf8', maxBuffer: 1e8} as const;
    const {status, stdout, stderr} = spawnSync(python, ['-c', script, 'curvature.ipynb'], options);
    expect(status, stderr.slice(-2000)).toBe(0);
    const run = whatIsSeen(stdout);
    expect(run.kinds).toEqual(saved.kinds);
    expectSaved(run);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
});
