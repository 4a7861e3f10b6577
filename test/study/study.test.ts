import type {ChildProcess} from 'node:child_process';
import {spawn} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {RecipeRecord} from '../../study/recipe/recipe-record.js';
import type {SpectraRecord} from '../../study/records/recipe-folder.js';

const tsx = createRequire(import.meta.url).resolve('tsx/cli');
const folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-study-'));
const trainings = join(folder, 'trainings');

function start(...args: readonly string[]): {child: ChildProcess; output(): string; ended: Promise<number | null>} {
  // A group of its own, so that tsx and the study beneath it can be killed together.
  const child = spawn(process.execPath, [tsx, 'study/run.ts', ...args], {detached: true});
  let text = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  child.stderr!.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  const ended = new Promise<number | null>(resolve => {
    child.once('close', resolve);
  });
  return {child, output: () => text, ended};
}

const finished = () => readdirSync(trainings).filter(name => !name.endsWith('.unfinished'));
const resultOf = (id: string) => {
  const {seconds: _, runs: _runs, ...result} = JSON.parse(readFileSync(join(trainings, id, 'training.json'), 'utf8'));
  return result as Record<string, unknown>;
};

describe('the study on its smallest scale, killed and run again', () => {
  const before: Record<string, number> = {};
  let redone = '';
  let first: Record<string, unknown> = {};
  let output = '';

  beforeAll(async () => {
    const killed = start('--ci', '--out', folder);
    while (!existsSync(trainings) || finished().length < 4) {
      if (killed.child.exitCode !== null) throw new Error(`The study has ended: ${killed.output().slice(-2000)}`);
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    process.kill(-killed.child.pid!, 'SIGKILL');
    await killed.ended;
    for (const id of finished()) before[id] = statSync(join(trainings, id, 'training.json')).mtimeMs;
    // One that is gone is done again.
    [redone = ''] = finished();
    first = resultOf(redone);
    delete before[redone];
    rmSync(join(trainings, redone), {recursive: true});

    const again = start('--ci', '--out', folder);
    const code = await again.ended;
    output = again.output();
    expect(code, output.slice(-2000)).toBe(0);
    // Two starts of the study, each with two workers.
  }, 600_000);
  afterAll(() => rmSync(folder, {recursive: true, force: true}));

  it('goes on where it was, and does no finished training again', () => {
    const there = /tuning: (\d+) of 12 trainings are there/.exec(output)?.[1];
    expect(Number(there)).toBe(Object.keys(before).length);
    expect(Number(there)).toBeGreaterThanOrEqual(3);
    for (const [id, time] of Object.entries(before)) {
      expect(statSync(join(trainings, id, 'training.json')).mtimeMs, id).toBe(time);
    }
    expect(readdirSync(trainings)).toHaveLength(28);
    expect(finished()).toHaveLength(28);
  });

  it('trains by the paper’s protocol first, and not again', () => {
    expect(output).toContain('protocol: 3 of 3 trainings are there.');
    const protocol = join(folder, 'records/protocol');
    const read = (name: string) => JSON.parse(readFileSync(join(protocol, name), 'utf8')) as unknown;
    const names = readdirSync(protocol);
    const records = names.filter(name => name.endsWith('.json')).map(name => read(name) as RecipeRecord);
    expect(records.map(({arm}) => arm)).toEqual(['middle', 'none', 'spectra']);
    const spectra = names.filter(name => name.endsWith('.spectra')).map(name => read(name) as SpectraRecord);
    expect(spectra.map(({epochs}) => epochs.map(({blocks}) => blocks.map(({parameters}) => parameters)))).toEqual([
      Array(2).fill([61_706, 150, 2400, 48_000, 10_080, 840]),
    ]);
    expect(readFileSync(join(folder, 'study/shape.md'), 'utf8')).toContain('](depth.svg)');
    for (const {losses, test, curvature} of records) {
      expect(losses).toHaveLength(2);
      expect(losses.every(loss => loss !== null && loss > 0)).toBe(true);
      expect(test.accuracy).toBeGreaterThan(0);
      expect(Number.isFinite(curvature.trace)).toBe(true);
    }
    for (const {test, testAccuracies, recipe} of records.filter(({arm}) => arm !== 'spectra')) {
      expect(testAccuracies).toHaveLength(recipe.epochs);
      expect(testAccuracies!.at(-1)).toBe(test.accuracy);
    }
    // The same seed has the same images, weights and order: losses are the same before the first penalized step.
    const [middle, none] = records;
    expect(middle!.losses[0]).toBe(none!.losses[0]);
    expect(middle!.losses[1]).not.toBe(none!.losses[1]);
  });

  it('comes to the same numbers when a training is done again', () => {
    expect(resultOf(redone)).toEqual(first);
  });

  it('says after each training how much is left', () => {
    expect(output).toMatch(/final 16 of 16, 0\.0 min left: mnist \S+ .*: validation [\d.]+ %, [\d.]+ s/);
  });

  it('chooses strengths in the tuning, which has not looked at test images', () => {
    const tuning = finished().filter(id => id.startsWith('tuning_'));
    expect(tuning).toHaveLength(12);
    for (const id of tuning) expect(resultOf(id).test, id).toBeNull();
    for (const id of finished().filter(name => name.startsWith('final_'))) {
      expect(resultOf(id).test, id).not.toBeNull();
      expect(resultOf(id).failures, id).toEqual([]);
    }
  });

  it('writes a page with a verdict, a picture and a table for each of the five claims', () => {
    const summary = readFileSync(join(folder, 'study.md'), 'utf8');
    const pages = [...summary.matchAll(/^\| \[\d\. .+?\]\((study\/\w+\.md)\)/gm)].map(([, path]) => path!);
    expect(pages).toHaveLength(5);
    for (const path of pages) {
      const page = readFileSync(join(folder, path), 'utf8');
      expect(page).toMatch(/\*\*(Holds|Holds in part|Not shown|Does not hold)\.\*\* \S/);
      expect(page).toMatch(/^\| MNIST, LeNet \|/m);
      for (const [, picture] of page.matchAll(/!\[.+\]\(([\w-]+\.svg)\)/g)) {
        const svg = readFileSync(join(folder, 'study', picture!), 'utf8');
        expect(svg).toContain(picture === 'tuned.svg' ? 'MNIST, 60 images' : 'MNIST, LeNet');
        expect(svg).not.toMatch(/NaN|undefined|Infinity/);
      }
      expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
    }
    expect(summary).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  it('makes the same document again from the compact records alone', async () => {
    const read = () => ['study.md', 'study/penalty.md'].map(name => readFileSync(join(folder, name), 'utf8'));
    const pages = read();
    rmSync(trainings, {recursive: true});
    for (const name of ['study.md', 'study/penalty.md']) rmSync(join(folder, name));
    const again = start('--ci', '--out', folder, '--figures');
    expect(await again.ended, again.output()).toBe(0);
    expect(read()).toEqual(pages);
  });
});

describe('the study’s command line', () => {
  it('explains itself', async () => {
    const {ended, output} = start('--help');
    expect(await ended).toBe(0);
    for (const option of ['--figures', '--quick', '--ci', '--cifar', '--out']) expect(output()).toContain(option);
  });

  it('says what is wrong with an option, without a stack', async () => {
    const {ended, output} = start('--workers', '0');
    expect(await ended).toBe(1);
    expect(output().trim()).toBe('--workers is 0; it must be a whole number of at least 1.');
  });
});
