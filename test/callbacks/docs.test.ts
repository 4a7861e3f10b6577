import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {interval, map, Subject, take} from 'rxjs';
import {afterEach, beforeAll, describe, expect, it, vi} from 'vitest';
import {eachValue} from '../../examples/callbacks/each-value.js';
import * as offered from '../../src/index.js';
import {useEngine} from '../engines.js';
import {codeBlocks, readersOwn, runMarkdown} from '../run-markdown.js';

const page = new URL('../../docs/callbacks.md', import.meta.url);
const text = readFileSync(page, 'utf8');

beforeAll(() => useEngine('native'));
afterEach(() => {
  vi.restoreAllMocks();
});

describe('docs/callbacks.md', () => {
  it('has only examples that run', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => {});
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect(codeBlocks(text).length).toBeGreaterThan(8);
    await runMarkdown(text, await readersOwn());
    // A failed sample would have been printed. On a busy machine a sample may be announced as slow.
    expect(warn.mock.calls.filter(([text]) => !String(text).includes('take about'))).toEqual([]);
  });

  it('has only links that exist', () => {
    for (const [, target] of text.matchAll(/\]\(([^)#:]+)\)/g)) {
      expect(existsSync(new URL(target!, page)), target).toBe(true);
    }
  });

  it('names every schedule and stream operator', () => {
    const schedules = ['everyEpochs', 'everyBatches', 'atEpochs', 'atBatches', 'geometric', 'when', 'anyOf', 'allOf'];
    const others = ['onTrainBegin', 'onTrainEnd', 'withinBudget'];
    const operators = ['forLayer', 'smooth', 'whenAbove', 'trend', 'bufferRun', 'toRows'];
    for (const name of [...schedules, ...others, ...operators]) {
      expect(offered).toHaveProperty(name);
      expect(text).toMatch(new RegExp(`\\b${name}\\(`));
    }
  });
});

describe('The examples', () => {
  const tsx = createRequire(import.meta.url).resolve('tsx/cli');
  const run = (name: string): string => {
    const path = `examples/callbacks/${name}.ts`;
    const {status, stdout, stderr} = spawnSync(process.execPath, [tsx, path], {encoding: 'utf8'});
    expect(status, stderr.slice(-2000)).toBe(0);
    return stdout;
  };

  it('edge-of-stability lowers the learning rate until the loss falls', () => {
    const output = run('edge-of-stability');
    const rates = [...output.matchAll(/([\d.]+) → ([\d.]+)$/gm)].map(([, from, to]) => [Number(from), Number(to)]);
    const [first, last] = rates.pop()!;
    expect(last).toBeLessThan(first!);
    expect(rates.length).toBeGreaterThan(0);
    for (const [from, to] of rates) expect(to).toBeLessThan(from!);
  });

  it('logs: a chart and TensorBoard receive the numbers that earlyStopping uses', () => {
    const output = run('logs');
    expect(output).toMatch(/^0 loss [\d.]+ {2}hessian\/trace [\d.]+ {2}hessian\/hidden\/top [\d.]+$/m);
    expect(output).not.toContain('NaN');
  });
});

describe('eachValue', () => {
  it('yields the values of a stream and ends with it', async () => {
    const values: number[] = [];
    for await (const value of eachValue(interval(5).pipe(take(3)))) values.push(value);
    expect(values).toEqual([0, 1, 2]);
  });

  it('keeps only the newest value while the loop is busy', async () => {
    const source = new Subject<number>();
    const values: number[] = [];
    const loop = (async () => {
      for await (const value of eachValue(source)) {
        values.push(value);
        if (value === 1) {
          for (const next of [2, 3, 4]) source.next(next);
          source.complete();
        }
      }
    })();
    source.next(1);
    await loop;
    expect(values).toEqual([1, 4]);
  });

  it('unsubscribes when the loop ends, and passes errors on', async () => {
    const source = new Subject<number>();
    const loop = (async () => {
      for await (const _ of eachValue(source)) break;
    })();
    source.next(1);
    await loop;
    expect(source.observed).toBe(false);
    const failing = interval(1).pipe(
      map(() => {
        throw new Error('theirs');
      }),
    );
    await expect(eachValue(failing).next()).rejects.toThrow('theirs');
  });
});
