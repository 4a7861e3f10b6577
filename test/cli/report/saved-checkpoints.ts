import {cpSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {vi} from 'vitest';
import type {ReportFlags} from '../../../src/cli/report/report-flags.js';
import {repository} from '../../engine/run-source.js';
import {readReference} from '../../references.js';

/** Writes a saved model into a folder, whose weights are those of a reference times a number. */
export function saveCheckpoint(folder: string, factor = 1): string {
  const reference = join(repository, 'test/reference/mlp_tanh');
  mkdirSync(folder, {recursive: true});
  cpSync(join(reference, 'model.json'), join(folder, 'model.json'));
  const bytes = readFileSync(join(reference, 'weights.bin'));
  const weights = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  writeFileSync(join(folder, 'weights.bin'), new Uint8Array(weights.map(weight => factor * weight).buffer));
  return join(folder, 'model.json');
}

/** Writes the data of the reference. */
export function saveData(file: string): void {
  const {x, y} = readReference('mlp_tanh');
  writeFileSync(file, JSON.stringify({x: x[0], y: y[0]}));
}

/** Options for the reference. */
export const smallWork = {
  ...{layers: 'all', batchSize: 512, steps: 10, probes: 2, k: 1, seed: 3, loss: 'categoricalCrossentropy'},
};

/** What a command prints, and its error. */
export async function printed(work: (flags: ReportFlags) => Promise<void>, flags: ReportFlags) {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const error = await work(flags).then(
    () => null,
    (thrown: Error) => thrown,
  );
  const text = log.mock.calls.map(([line]) => String(line)).join('\n');
  log.mockRestore();
  return {text, error};
}
