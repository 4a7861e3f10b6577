import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, beforeEach, describe, expect, it, vi} from 'vitest';
import {findCheckpoints} from '../../../src/cli/report/checkpoints/find-checkpoints.js';
import {reportCheckpoints} from '../../../src/cli/report/checkpoints/report-checkpoints.js';
import type {ReportFlags} from '../../../src/cli/report/report-flags.js';
import {reportModel} from '../../../src/cli/report/report-model.js';
import {InvalidArgumentError} from '../../../src/errors.js';
import {commandLine, runSource, tsx} from '../../engine/run-source.js';
import {useEngine} from '../../engines.js';
import {needs} from '../../needs.js';
import {useFolder} from '../../sinks/use-folder.js';
import {pressCtrlC} from '../press-ctrl-c.js';
import {printed as printedWith, saveCheckpoint, saveData, smallWork} from './saved-checkpoints.js';

const inFolder = useFolder();
beforeAll(() => useEngine('native'));
beforeEach(() => saveData(inFolder('data.json')));
afterEach(() => vi.restoreAllMocks());

const save = (name: string, factor = 1) => saveCheckpoint(inFolder(name), factor);

const printed = (work: (flags: ReportFlags) => Promise<void>, more: Partial<ReportFlags> = {}) =>
  printedWith(work, {...smallWork, data: inFolder('data.json'), ...more});

const report = (given: string[], more: Partial<ReportFlags> = {}) =>
  printed(each => reportCheckpoints(given, each), more);

describe('findCheckpoints', () => {
  const names = async (...given: string[]) =>
    (await findCheckpoints(given.map(each => inFolder(each)))).map(({name}) => name.replaceAll('\\', '/'));

  it('sorts numbers by size, and lists a model once', async () => {
    for (const step of [10, 2, 1, 100]) save(`runs/a/step-${step}`);
    save('runs/b/step-3');
    expect(await names('runs/a/*/model.json')).toEqual(['step-1', 'step-2', 'step-10', 'step-100']);
    expect(await names('runs/a/*', 'runs/a/step-2/model.json', 'runs/a/step-2')).toEqual([
      ...['step-1', 'step-2', 'step-10', 'step-100'],
    ]);
    expect(await names('runs/**/model.json')).toEqual([
      ...['a/step-1', 'a/step-2', 'a/step-10', 'a/step-100', 'b/step-3'],
    ]);
    expect(await names('runs/a/step-{2,1}/model.json', 'runs/b/step-3')).toEqual(['a/step-1', 'a/step-2', 'b/step-3']);
    expect(await names('runs/b/step-3/model.json')).toEqual(['step-3']);
  });

  it('takes a path with the signs of a pattern as it is, and a path that does not exist', async () => {
    save('run [1]');
    expect(await names('run [1]/model.json', 'none/model.json')).toEqual(['none', 'run [1]']);
  });

  it('refuses a pattern that matches nothing', async () => {
    await expect(findCheckpoints([inFolder('*/model.json')])).rejects.toThrow(InvalidArgumentError);
    await expect(findCheckpoints([inFolder('*/model.json')])).rejects.toThrow(/\*\/model\.json matches nothing; give/);
  });
});

describe('report --checkpoints', () => {
  it('has for each checkpoint the spectra that report has for it alone, and leaves no tensors', async () => {
    const models = [save('step-2', 0.5), save('step-10', 2)];
    const {text, error} = await report([inFolder('step-*/model.json')], {json: true});
    expect(error).toBeNull();
    const found = JSON.parse(text);
    expect(found.map(({name}: {name: string}) => name)).toEqual(['step-2', 'step-10']);
    for (const [i, model] of models.entries()) {
      const {text: alone} = await printed(each => reportModel(model, each), {json: true});
      expect(found[i].spectra).toEqual(JSON.parse(alone));
    }
    const tensors = tf.memory().numTensors;
    await report([inFolder('step-*/model.json')], {batchSize: 5});
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('has a row with the reason for each checkpoint that cannot be read, and fails after the others', async () => {
    save('step-1');
    save('step-2');
    writeFileSync(inFolder('step-2/model.json'), '{"modelTopology": ');
    save('step-3');
    writeFileSync(inFolder('step-3/weights.bin'), '');
    mkdirSync(inFolder('step-4'));
    save('step-5');
    const tensors = tf.memory().numTensors;
    const {text, error} = await report([inFolder('step-*'), inFolder('gone.json')], {json: true});
    expect(tf.memory().numTensors).toBe(tensors);
    expect(error!.message).toBe('4 of 6 checkpoints have no spectra; the report says why.');
    const entries = JSON.parse(text).map(({name, error: reason}: {name: string; error?: string}) => [name, reason]);
    expect(entries).toEqual([
      ['gone.json', expect.stringMatching(/does not exist/)],
      ['step-1', undefined],
      ['step-2', expect.stringMatching(/is not JSON/)],
      ['step-3', expect.stringMatching(/its weights have 604 bytes/)],
      ['step-4', expect.stringMatching(/is a folder without a model\.json/)],
      ['step-5', undefined],
    ]);
  });

  it('writes a page, JSON and Markdown, and prints a table, in a pipe without a picture', async () => {
    const given = [save('step-1'), save('step-2', 2)];
    for (const [file, content] of [
      ['r.html', /^<!doctype html>/],
      ['r.md', /^# Hessian of 2 checkpoints\n.*\n\| block \| checkpoint \|/s],
      ['r.json', /^\[\{"name":"step-1"/],
    ] as const) {
      const {text} = await report(given, {out: inFolder(file)});
      expect(text).toBe(`${inFolder(file)}: Hessian of 2 checkpoints.`);
      expect(readFileSync(inFolder(file), 'utf8')).toMatch(content);
    }
    const {text: table} = await report(given);
    expect(table).toMatch(
      /^Hessian of 2 checkpoints\ndata data\.json, 12 of 12 .*\n\nblock +checkpoint +loss .*\nwhole/,
    );
    const {text: picture} = await report(given, {out: '-'});
    expect(picture).toMatch(/\n +eigenvalue density +trace\nstep-1 .*\nstep-2 /);
  });

  it('refuses, before it loads a model, an --out that it cannot write', async () => {
    const given = [inFolder('none.json')];
    const refused = async (out: string) => (await report(given, {out})).error;
    expect((await refused(inFolder('none/r.html')))!.message).toMatch(/the folder .*none does not exist/);
    expect((await refused('r.png'))!.message).toMatch(/^--out r\.png: a report ends in \.html, \.json, \.md\.$/);
  });

  it('is an error of usage without a model, and with one beside --checkpoints', async () => {
    const data = ['--data', inFolder('data.json')];
    for (const args of [[], ['a.json', '--checkpoints', 'b.json']]) {
      const {code, stderr} = await runSource([commandLine, 'report', ...data, ...args]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/--checkpoints.*--help shows what there is\.\n$/)]);
    }
  });

  it('keeps what is finished after a signal', needs(process.platform !== 'win32', 'Windows has no signals.'), () => {
    const count = 30;
    for (let step = 1; step <= count; step++) save(`step-${step}`);
    const command = [
      ...[process.execPath, '--import', tsx, commandLine, 'report', '--checkpoints', inFolder('step-*/model.json')],
      ...['--data', inFolder('data.json'), '--loss', 'categoricalCrossentropy', '--batch-size', '1', '--probes', '10'],
      ...['--out', inFolder('r.json')],
    ];
    const {code, stderr} = pressCtrlC(`2 of ${count},`, command);
    expect([code, stderr]).toEqual([130, '']);
    const finished = JSON.parse(readFileSync(inFolder('r.json'), 'utf8')) as {name: string; spectra?: object}[];
    expect(finished.length).toBeGreaterThanOrEqual(2);
    expect(finished.length).toBeLessThan(count);
    expect(finished.map(({name}) => name)).toEqual(finished.map((_, i) => `step-${i + 1}`));
    expect(finished.every(({spectra}) => spectra !== undefined)).toBe(true);
  });
});
