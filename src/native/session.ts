import {isAlive} from '../processes.js';
import type {NativeBinding} from '../tfjs-internals/node/backend.js';
import {withoutInfoLogs} from '../tfjs-internals/node/environment.js';
import type {GraphDef} from './graph-def.js';
import type {LoadedGraph} from './loaded-graph.js';
import {nodeModules} from './node-modules.js';
import {savedModel, TAG} from './saved-model.js';

/** The temporary folder is not writable. */
export class FolderError extends Error {
  readonly code: string | undefined;

  constructor(
    readonly folder: string,
    cause: unknown,
  ) {
    super((cause as Error).message, {cause});
    this.code = (cause as NodeJS.ErrnoException).code;
  }
}

/**
 * Loads a graph as a session. Its feeds and outputs are in the host's memory.
 *
 * @throws FolderError if the temporary folder is not writable; then no file stays there.
 */
export function loadSession(def: GraphDef, binding: NativeBinding): LoadedGraph {
  const session = openSession(def, binding);
  const feedNames = [...def.inputNames, ...def.constantNames].join();
  const outputNames = def.outputNames.join();
  return {
    run: (inputs, constants) => binding.runSavedModel(session, [...inputs, ...constants], feedNames, outputNames),
    unload: () => binding.deleteSavedModel(session),
  };
}

/**
 * Opens a session through a temporary folder, since the addon only loads sessions from folders.
 *
 * @returns its number.
 */
export function openSession(def: GraphDef, binding: NativeBinding): number {
  const {fs, os, path} = nodeModules()!;
  const parent = os.tmpdir();
  let folder: string | null = null;
  try {
    try {
      sweep(parent);
      folder = fs.mkdtempSync(path.join(parent, `tfjs-hessian-graph-${globalThis.process.pid}-`));
      fs.writeFileSync(path.join(folder, 'saved_model.pb'), savedModel(def));
    } catch (error) {
      throw new FolderError(parent, error);
    }
    const written = folder;
    return withoutInfoLogs(() => binding.loadSavedModel(written, TAG));
  } finally {
    if (folder !== null) remove(folder);
  }
}

/** A graph's folder exists for a moment: older ones are those of processes that were killed. */
const OLD = 10 * 60_000;
const swept = new Set<string>();

/** Removes the folders that killed processes have left, once for each temporary folder. */
function sweep(parent: string): void {
  if (swept.has(parent)) return;
  swept.add(parent);
  const {fs, path} = nodeModules()!;
  for (const name of namesIn(parent)) {
    const [, pid] = /^tfjs-hessian-graph-(\d+)-\w{6}$/.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const folder = path.join(parent, name);
    try {
      // The process may be that of another container with the same temporary folder.
      if (Date.now() - fs.statSync(folder).mtimeMs > OLD) fs.rmSync(folder, {recursive: true});
    } catch {
      // Another process sweeps too, or the folder is another user's.
    }
  }
}

/** The names in a folder; none if it can be written but not read. */
function namesIn(folder: string): string[] {
  try {
    return nodeModules()!.fs.readdirSync(folder);
  } catch {
    return [];
  }
}

/** Folders that could not be removed immediately. */
const left = new Set<string>();

function remove(folder: string): void {
  const {fs} = nodeModules()!;
  try {
    fs.rmSync(folder, {recursive: true, force: true});
    left.delete(folder);
  } catch {
    if (left.size === 0) globalThis.process.once('exit', () => [...left].forEach(remove));
    left.add(folder);
  }
}
