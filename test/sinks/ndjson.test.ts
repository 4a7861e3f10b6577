import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {concat, from, Subject, throwError} from 'rxjs';
import {afterEach, describe, expect, it, vi} from 'vitest';
import {InvalidArgumentError, TfjsHessianError} from '../../src/errors.js';
import {ndjson} from '../../src/sinks/ndjson.js';
import {readSamples} from '../../src/sinks/read-samples.js';
import type {HessianSample, SampleFailure} from '../../src/streams/hessian-sample.js';
import {failureMessages} from './failure-messages.js';
import {makeSample} from './make-sample.js';
import {useFolder} from './use-folder.js';

const inFolder = useFolder();
afterEach(() => vi.restoreAllMocks());

const samples = [0, 1, 2].map(index => makeSample(index));

async function read(path: string): Promise<HessianSample[]> {
  const found: HessianSample[] = [];
  for await (const sample of readSamples(path)) found.push(sample);
  return found;
}

/** Renames a file, and returns its former name. */
function renamed(path: string): string {
  renameSync(path, `${path}.old`);
  return path;
}

function write(path: string, some: readonly HessianSample[]): void {
  from(some).subscribe(ndjson(path));
}

describe('ndjson', () => {
  it('writes a line per sample, which reads back as the same sample', async () => {
    const path = inFolder('run.ndjson');
    write(path, samples);
    expect(readFileSync(path, 'utf8').match(/\n/g)).toHaveLength(3);
    expect(await read(path)).toEqual(samples);
  });

  it('writes each sample before the next one comes', () => {
    const path = inFolder('run.ndjson');
    const sink = ndjson(path);
    for (const [i, sample] of samples.entries()) {
      sink.next(sample);
      expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(i + 2);
    }
    sink.complete();
  });

  it('continues a file', async () => {
    const path = inFolder('run.ndjson');
    write(path, samples.slice(0, 1));
    write(path, samples.slice(1));
    expect(await read(path)).toEqual(samples);
  });

  it('continues a file that was cut at any byte of its last line, and loses no whole line', async () => {
    const path = inFolder('run.ndjson');
    write(path, samples.slice(0, 2));
    const whole = readFileSync(path);
    const lastLine = whole.indexOf('\n') + 1;
    for (let cut = lastLine; cut < whole.length; cut += 97) {
      writeFileSync(path, whole.subarray(0, cut));
      expect(await read(path)).toEqual([samples[0]]);
      write(path, [samples[2]!]);
      expect(await read(path)).toEqual([samples[0], samples[2]]);
    }
  });

  it('keeps a last line that lacks only its line break', async () => {
    const path = inFolder('run.ndjson');
    write(path, samples.slice(0, 2));
    truncateSync(path, readFileSync(path).length - 1);
    expect(await read(path)).toEqual(samples.slice(0, 2));
    write(path, [samples[2]!]);
    expect(await read(path)).toEqual(samples);
  });

  it('continues a file whose only line is torn anywhere', async () => {
    const path = inFolder('run.ndjson');
    write(path, [samples[0]!]);
    const whole = readFileSync(path);
    for (const length of [0, 1, 5, 30, 900]) {
      writeFileSync(path, whole.subarray(0, length));
      expect(await read(path)).toEqual([]);
      write(path, [samples[1]!]);
      expect(await read(path)).toEqual([samples[1]]);
    }
  });

  it.each(['hello', '{', '{\n  "schema": 1\n}', '{"schema":3,"run":"r"}\n', 'run,index\n', '\n'])(
    'does not change a file that is not a run: %j',
    content => {
      const path = inFolder('mine');
      // A lone brace may be the start of a sample; `{"a": 1` is not.
      writeFileSync(path, content === '{' ? '{"a": 1' : content);
      const before = readFileSync(path);
      expect(() => ndjson(path)).toThrow(/mine exists and is not a run.*choose another path/);
      expect(readFileSync(path)).toEqual(before);
    },
  );

  it('throws at once if it cannot open its file, and says what to do', () => {
    expect(() => ndjson(inFolder('missing/run.ndjson'))).toThrow(InvalidArgumentError);
    expect(() => ndjson(inFolder('missing/run.ndjson'))).toThrow(/its folder does not exist; make it first\.$/);
    expect(() => ndjson(inFolder('.'))).toThrow(/it is a folder; name a file in it\.$/);
    writeFileSync(inFolder('file'), '');
    expect(() => ndjson(inFolder('file/run.ndjson'))).toThrow(/its folder is a file/);
    expect(() => ndjson('')).toThrow(/The path is ""; it must be the name of a file\.$/);
    expect(() => ndjson(7 as never)).toThrow(/The path is 7/);
  });

  it('refuses a failures$ that is not an observer', () => {
    expect(() => ndjson(inFolder('run.ndjson'), {failures$: from([]) as never})).toThrow(
      /failures\$ of a HessianSpectrumCallback/,
    );
  });
});

describe('an ndjson sink that fails', () => {
  it('reports each failure on failures$, with the moment of the sample, and writes the next sample', () => {
    const failures$ = new Subject<SampleFailure>();
    const failures: SampleFailure[] = [];
    failures$.subscribe(failure => failures.push(failure));
    // A device of Linux that is always full.
    const sink = ndjson('/dev/full', {failures$});
    for (const sample of samples) sink.next(sample);
    sink.complete();
    expect(failures.map(({epoch, batch, step}) => ({epoch, batch, step}))).toEqual(
      samples.map(({epoch, batch, step}) => ({epoch, batch, step})),
    );
    expect(failures[0]!.error).toBeInstanceOf(TfjsHessianError);
    expect(failures[0]!.error.message).toMatch(
      /^ndjson\("\/dev\/full"\) could not write sample 0 of run run-1: ENOSPC: no space left on device/,
    );
  });

  it('prints the first of consecutive failures on standard error, without failures$', () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const sink = ndjson('/dev/full');
    for (const sample of samples) sink.next(sample);
    expect(log.mock.calls).toEqual([[expect.stringMatching(/^tfjs-hessian: ndjson\(.*\) could not write sample 0 /)]]);
  });

  it('does not write a sample that its reader would refuse, and says why', async () => {
    const {failures$, messages} = failureMessages();
    const path = inFolder('run.ndjson');
    const sink = ndjson(path, {failures$});
    sink.next(samples[0]!);
    sink.next({...samples[1]!, weightNorms: {conv: Number.POSITIVE_INFINITY}});
    sink.next({...samples[1]!, epoch: Number.NaN});
    sink.next({...samples[1]!, layers: [{...samples[1]!.layers[0]!, largest: [{value: Number.NaN, residual: 0}]}]});
    sink.next(samples[2]!);
    sink.complete();
    expect(messages).toEqual([
      expect.stringMatching(/could not write sample 1 of run run-1: It is not a sample: weightNorms is .*Infinity/),
      expect.stringMatching(/It is not a sample: epoch is NaN/),
      expect.stringMatching(/It is not a sample: layers\[0\]\.largest\[0\]\.value is NaN/),
    ]);
    expect(await read(path)).toEqual([samples[0], samples[2]]);
  });

  it.each([
    ['removed', (path: string) => rmSync(path)],
    ['renamed', (path: string) => renameSync(path, `${path}.old`)],
    ['replaced by a run', (path: string) => copyFileSync(`${path}.new`, renamed(path))],
  ])('writes on in a new file if its file is %s, and says so once', async (change, act) => {
    const {failures$, messages} = failureMessages();
    const path = inFolder('run.ndjson');
    write(`${path}.new`, [makeSample(7)]);
    const sink = ndjson(path, {failures$});
    sink.next(samples[0]!);
    act(path);
    sink.next(samples[1]!);
    sink.next(samples[2]!);
    sink.complete();
    expect(await read(path)).toEqual([...(change === 'replaced by a run' ? [makeSample(7)] : []), ...samples.slice(1)]);
    expect(messages).toEqual([
      expect.stringMatching(/^ndjson\(.*\) writes to a new file: the former one was removed or replaced/),
    ]);
  });

  it('does not change a file of another kind that took the place of its own', async () => {
    const {failures$, messages} = failureMessages();
    const path = inFolder('run.ndjson');
    const sink = ndjson(path, {failures$});
    sink.next(samples[0]!);
    writeFileSync(renamed(path), 'hello');
    sink.next(samples[1]!);
    sink.next(samples[2]!);
    expect(readFileSync(path, 'utf8')).toBe('hello');
    expect(messages).toEqual([1, 2].map(() => expect.stringMatching(/exists and is not a run/)));
    rmSync(path);
    sink.next(samples[2]!);
    sink.complete();
    expect(await read(path)).toEqual([samples[2]]);
  });

  it('reports a failed stream, and a sample after the end', async () => {
    const {failures$, messages} = failureMessages();
    const path = inFolder('run.ndjson');
    const sink = ndjson(path, {failures$});
    concat(
      from(samples.slice(0, 1)),
      throwError(() => new Error('gone')),
    ).subscribe(sink);
    sink.next(samples[1]!);
    expect(messages).toEqual([
      expect.stringMatching(/ends, since its stream failed: gone$/),
      expect.stringMatching(/could not write sample 1 .*: its stream has ended; make a new one\.$/),
    ]);
    expect(await read(path)).toEqual(samples.slice(0, 1));
  });
});

describe('readSamples', () => {
  it('names the file and the line that is not a sample', async () => {
    const path = inFolder('run.ndjson');
    write(path, samples.slice(0, 1));
    appendFileSync(path, `${JSON.stringify({...samples[1], layers: [{...samples[1]!.layers[0], trace: 3}]})}\n`);
    write(inFolder('other.ndjson'), samples.slice(0, 1));
    await expect(read(path)).rejects.toThrow(
      /run\.ndjson, line 2: It is not a sample: layers\[0\]\.trace is 3; it must be an estimate, \{value, standardError, probes\}\.$/,
    );
  });

  it('reports a torn line that is not the last', async () => {
    const path = inFolder('run.ndjson');
    write(path, samples.slice(0, 2));
    const [first, second] = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, `${first!.slice(0, 100)}\n${second}\n`);
    await expect(read(path)).rejects.toThrow(/line 1: It is not JSON/);
  });

  it('names the schema that it reads', async () => {
    const path = inFolder('run.ndjson');
    writeFileSync(path, `${JSON.stringify({...samples[0], schema: 3})}\n`);
    await expect(read(path)).rejects.toThrow(/has schema 3, and this version of tfjs-hessian reads schemas 1 and 2/);
  });

  it('keeps unknown fields', async () => {
    const path = inFolder('run.ndjson');
    const sample = {...samples[0], note: 'later'};
    writeFileSync(path, `${JSON.stringify(sample)}\n\n`);
    expect(await read(path)).toEqual([sample]);
  });

  it('names a file that does not exist or is a folder', async () => {
    await expect(read(inFolder('none'))).rejects.toThrow(/none cannot be read: there is no such file\./);
    mkdirSync(inFolder('folder'));
    await expect(read(inFolder('folder'))).rejects.toThrow(/folder cannot be read: it is a folder/);
  });

  it('refuses a file that is not a run', async () => {
    writeFileSync(inFolder('text'), 'hello');
    await expect(read(inFolder('text'))).rejects.toThrow(/text, line 1: It is not JSON/);
  });

  it('can be stopped early', async () => {
    const path = inFolder('run.ndjson');
    write(path, samples);
    for await (const sample of readSamples(path)) {
      expect(sample).toEqual(samples[0]);
      break;
    }
  });
});
