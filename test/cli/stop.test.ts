// Commands that are stopped, as processes: by Ctrl-C on a terminal, and by signals in a pipe.
import {spawn} from 'node:child_process';
import {existsSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {constants} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {from} from 'rxjs';
import {beforeEach, describe, expect, it} from 'vitest';
import {reportWriter} from '../../src/cli/report/write-report.js';
import {InvalidArgumentError} from '../../src/errors.js';
import {ndjson} from '../../src/sinks/ndjson.js';
import {commandLine, repository} from '../engine/run-source.js';
import {needs} from '../needs.js';
import {readReference} from '../references.js';
import {makeSample} from '../sinks/make-sample.js';
import {useFolder} from '../sinks/use-folder.js';
import {pressCtrlC} from './press-ctrl-c.js';

const inFolder = useFolder();
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const model = join(repository, 'test/reference/mlp_tanh/model.json');
/** A pass over so many batches takes longer than the test. */
const ROWS = 10_000;
const endless = ['--loss', 'categoricalCrossentropy', '--batch-size', '1'];

const commands = {
  report: () => ['report', model, '--data', inFolder('data.json'), ...endless],
  watch: () => ['watch', inFolder('run.ndjson')],
};

const row = (width: number) => Array.from({length: width}, (_, i) => (i === 0 ? 1 : 0));
const rows = (width: number) => Array.from({length: ROWS}, () => row(width));

beforeEach(() => {
  const {x, y} = readReference('mlp_tanh');
  const data = {x: rows(x[0]!.shape[1]!), y: rows(y[0]!.shape[1]!)};
  writeFileSync(inFolder('data.json'), JSON.stringify(data));
  from([0, 1].map(i => makeSample(i))).subscribe(ndjson(inFolder('run.ndjson')));
});

const ESC = String.fromCharCode(27);
const hasSignals = needs(process.platform !== 'win32', 'Windows has no signals.');

describe('Ctrl-C on a terminal', () => {
  it.each([
    ['report', 'batch '],
    ['watch', 'Ctrl-C ends it'],
  ] as const)('ends %s with 130, and gives the cursor back', hasSignals, (name, text) => {
    const command = [process.execPath, '--import', tsx, commandLine, ...commands[name]()];
    const {code, shown, stderr} = pressCtrlC(text, command);
    expect(stderr).toBe('');
    expect([name, code]).toEqual([name, 130]);
    // As often shown as hidden.
    expect(shown.split(`${ESC}[?25h`).length).toBeGreaterThanOrEqual(shown.split(`${ESC}[?25l`).length);
    expect(shown).not.toMatch(/Error|at .*\.ts/);
  });
});

describe('a signal in a pipe', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends watch with %s, as a shell sees it', hasSignals, async (signal, code) => {
    const child = spawn(process.execPath, ['--import', tsx, commandLine, ...commands.watch()]);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('Ctrl-C')) child.kill(signal);
    });
    const ended = await new Promise<number>(resolve =>
      child.on('close', (status, by) => resolve(status ?? 128 + constants.signals[by!])),
    );
    expect(ended).toBe(code);
  });
});

describe('--out', () => {
  it.each(['none/report.html', 'run.ndjson/report.html', '.'])('%s fails before the work', async name => {
    const file = name === '.' ? inFolder('folder.html') : inFolder(name);
    if (name === '.') {
      const {mkdirSync} = await import('node:fs');
      mkdirSync(file);
    }
    await expect(reportWriter(file)).rejects.toThrow(InvalidArgumentError);
    await expect(reportWriter(file)).rejects.toThrow(/choose another --out/);
    expect(existsSync(inFolder('none'))).toBe(false);
  });
});
