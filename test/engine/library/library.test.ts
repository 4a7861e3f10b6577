import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {removeDeadDrafts} from '../../../src/engine/cache.js';
import {cachedLibrary, fetchLibrary} from '../../../src/engine/library/library.js';
import {type Build, buildFor, type Release} from '../../../src/engine/libtensorflow.js';
import {type Machine, thisMachine} from '../../../src/engine/machine/machine.js';
import {findPython} from '../../../src/engine/machine/python.js';
import {EngineSetupError} from '../../../src/errors.js';
import {needs, noPython} from '../../needs.js';
import {repository, runSource} from '../run-source.js';
import {machineFor, makeSmallWheel} from '../small-wheel.js';

// Without Python there is nothing to make a wheel with, nor to fetch one.
const python = await findPython(thisMachine()).catch(() => null);

let folder: string;
let release: Release;
let machine: Machine;
let build: Build;

const prepare = (): void => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-'));
    release = makeSmallWheel(folder);
    machine = machineFor(folder);
    build = buildFor(machine, 'cpu', release);
  });
  afterEach(() => rmSync(folder, {recursive: true}));
};
const fetchIt = async (on: Machine = machine, what: Build = build): Promise<string[]> => {
  const lines: string[] = [];
  await fetchLibrary(what, on, await findPython(on), line => lines.push(line), false);
  return lines;
};
const leftInCache = (): string[] => (existsSync(machine.cache) ? readdirSync(machine.cache) : []);

describe('fetchLibrary', needs(python, noPython), () => {
  prepare();

  it('unpacks the libraries and the headers of the C interface from the wheel, and nothing else', async () => {
    expect(await cachedLibrary(build, machine)).toBeNull();
    const lines = await fetchIt();
    expect(lines.join('\n')).toMatch(/^Downloading tensorflow-cpu 9\.9\.9 \(1 MB\) …\nUnpacking .* SHA-256 is right/);
    const library = await cachedLibrary(build, machine);
    expect(Object.keys(library!.files).sort()).toEqual([
      'include/tensorflow/c/c_api.h',
      'include/tensorflow/core/platform/ctstring_internal.h',
      'lib/libtensorflow_cc.so.2',
      'lib/libtensorflow_framework.so.2',
    ]);
    expect(readFileSync(join(library!.folder, 'include/tensorflow/c/c_api.h'), 'utf8')).toMatch(
      /^include\/tensorflow\/c/,
    );
    expect(leftInCache()).toEqual(['libtensorflow-9.9.9-linux-x64-cpu']);
  });

  it('refuses a wheel with another SHA-256 than the pinned one, and keeps none of its files', async () => {
    const pinned = {...build.wheels[0]!, sha256: '0'.repeat(64)};
    const attempt = fetchIt(machine, {...build, wheels: [pinned]});
    await expect(attempt).rejects.toThrow(EngineSetupError);
    await expect(attempt).rejects.toThrow(
      /not the file that was published: its SHA-256 is [0-9a-f]{64}, not 0{64}\..*PIP_INDEX_URL/,
    );
    expect(leftInCache()).toEqual([]);
  });

  it('if the disk is too full, says before the download how much it needs and how much is free', async () => {
    const full = {...machine, freeBytes: async () => 19_000_000};
    const attempt = fetchIt(full);
    await expect(attempt).rejects.toThrow(EngineSetupError);
    await expect(attempt).rejects.toThrow(/needs 21 MB .* and 20 MB after that; 19 MB are free.*TFJS_HESSIAN_CACHE/);
    expect(leftInCache()).toEqual([]);
  });

  it('without network, says why pip failed and what to do', async () => {
    const {PIP_NO_INDEX: _, ...environment} = machine.environment;
    // Port 9 (discard) refuses connections.
    const offline = {...environment, PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_FIND_LINKS: join(folder, 'cache')};
    const attempt = fetchIt({...machine, environment: offline});
    await expect(attempt).rejects.toThrow(EngineSetupError);
    await expect(attempt).rejects.toThrow(
      /pip could not download tensorflow-cpu 9\.9\.9 \(1 MB\): .*[Cc]onnection.*HTTPS_PROXY.*pip download .*PIP_FIND_LINKS/,
    );
    expect(leftInCache()).toEqual([]);
  });

  it.each(['Downloading', 'Unpacking'])('after a kill while %s, a second run completes the library', async step => {
    const script = join(repository, 'test/engine/fetch-small-wheel.ts');
    const killed = await runSource([script, folder, JSON.stringify(release)], {killAt: step});
    expect(killed.code).toBeNull();
    expect(leftInCache()).toEqual([expect.stringMatching(/^draft-/)]);
    expect(await cachedLibrary(build, machine)).toBeNull();

    await removeDeadDrafts(machine.cache);
    await fetchIt();
    expect(await cachedLibrary(build, machine)).not.toBeNull();
    expect(leftInCache()).toEqual(['libtensorflow-9.9.9-linux-x64-cpu']);
  });

  it('two processes that fetch it at the same time without a lock leave one complete library', async () => {
    const script = join(repository, 'test/engine/fetch-small-wheel.ts');
    const both = [0, 1].map(() => runSource([script, folder, JSON.stringify(release)]));
    expect((await Promise.all(both)).map(({code, stderr}) => ({code, stderr}))).toEqual([
      {code: 0, stderr: ''},
      {code: 0, stderr: ''},
    ]);
    expect(await cachedLibrary(build, machine)).not.toBeNull();
    expect(leftInCache()).toEqual(['libtensorflow-9.9.9-linux-x64-cpu']);
  });
});

describe('cachedLibrary', needs(python, noPython), () => {
  prepare();

  it('is null if a file of the library is too short', async () => {
    await fetchIt();
    const library = await cachedLibrary(build, machine);
    truncateSync(join(library!.folder, 'lib/libtensorflow_cc.so.2'), 10);
    expect(await cachedLibrary(build, machine)).toBeNull();
  });
});
