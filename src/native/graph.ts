import type {NativeBinding, NativeTensor} from '../tfjs-internals/node/backend.js';
import {warn} from '../warnings.js';
import {FolderError, loadGraph} from './load-graph.js';
import {nodeModules} from './node-modules.js';
import type {OpList} from './op-list.js';
import type {SavedModel} from './saved-model.js';
import {savedModel} from './saved-model.js';

/** Whether a graph is loaded when loading it would have paid, or when it is first run. */
export type GraphLoading = 'when it pays' | 'at once';

/**
 * A list of ops as a graph of TensorFlow's own, which runs it in one call: ops take a few microseconds less to start each, and
 * those that do not wait for each other run side by side. No op is replaced by others, so that results have the same bits.
 *
 * Loading it and its first run take as long as some dozens of runs save. The lists of one model on batches of one size are the same
 * graph: it is loaded once for all of them, when they have been run often enough together.
 */
export class Graph {
  private readonly entry: Entry;
  private readonly fed: readonly number[];

  private constructor(
    private readonly binding: NativeBinding,
    list: OpList,
    private readonly model: SavedModel,
    key: string,
    private readonly loading: GraphLoading,
  ) {
    this.entry = entries.get(key) ?? {runs: 0, holders: 0, session: null, pausedUntil: 0};
    // Last used, last in the order.
    entries.delete(key);
    entries.set(key, this.entry);
    this.entry.holders++;
    this.fed = model.feeds.slice(list.inputs.length).map(value => list.constants.get(value)!.id);
  }

  /** The graph of a list; `null` where graphs cannot be written or loaded. */
  static of(list: OpList, binding: NativeBinding, loading: GraphLoading): Graph | null {
    const node = nodeModules();
    if (node === null) tellOfOldNode();
    if (node === null || list.ops.length > MOST_OPS) return null;
    const model = savedModel(list, binding);
    return new Graph(binding, list, model, node.crypto.createHash('sha256').update(model.bytes).digest('hex'), loading);
  }

  /** The outputs; `null` where it does not pay yet to load the graph, or it could not be loaded. */
  run(inputs: readonly number[]): NativeTensor[] | null {
    const {entry, model, binding} = this;
    entry.runs++;
    if (entry.runs <= entry.pausedUntil) return null;
    if (entry.session === null && this.loading === 'when it pays' && entry.runs <= PAYS_AFTER) return null;
    const feeds = [...inputs, ...this.fed];
    try {
      if (entry.session === null) {
        entry.session = loadGraph(model.bytes, binding);
        told = null;
      }
      return binding.runSavedModel(entry.session, feeds, model.feedNames, model.outputNames);
    } catch (error) {
      // Op by op it goes on, and if the fault is not the graph's it will show there. It is tried again ever more rarely.
      entry.pausedUntil = Math.max(entry.runs + PAYS_AFTER, 2 * entry.runs);
      tellOfFailure(error);
      return null;
    }
  }

  dispose(): void {
    this.entry.holders--;
    evict(this.binding);
  }
}

/** A graph of more ops takes many seconds to load. */
const MOST_OPS = 20_000;

/** After so many runs, op by op, loading would have paid. */
const PAYS_AFTER = 24;

/** Graphs that nobody holds are kept up to this number, for the next sample. */
const MOST_SESSIONS = 64;

interface Entry {
  runs: number;
  holders: number;
  session: number | null;
  /** Up to this run it goes op by op, since the graph has failed. */
  pausedUntil: number;
}

/** By the graphs' digests. */
const entries = new Map<string, Entry>();

function evict(binding: NativeBinding): void {
  for (const [key, {holders, session}] of entries) {
    if (entries.size <= MOST_SESSIONS) return;
    if (holders > 0) continue;
    entries.delete(key);
    if (session !== null) binding.deleteSavedModel(session);
  }
}

/** Why graphs are not there, as it was last told: it is told once, however many graphs are concerned. */
let told: string | null = null;

function tell(reason: string, message: string): void {
  if (told === reason) return;
  told = reason;
  warn('slower', message);
}

function tellOfFailure(error: unknown): void {
  const {message} = error as Error;
  const [reason, what, wayOut] =
    error instanceof FolderError
      ? [
          `folder ${error.folder}`,
          `The temporary folder ${error.folder} cannot be written (${message}), so that TensorFlow can load no graphs`,
          'Free space there, or set TMPDIR to another folder; graphs are tried again later.',
        ]
      : ['graph', `TensorFlow could not load or run a graph (${message})`, 'Graphs are tried again later.'];
  tell(reason, `${what}. Products and penalties run op by op: the same numbers, in more time. ${wayOut}`);
}

function tellOfOldNode(): void {
  tell(
    'Node',
    'Products and penalties run op by op, in more time: graphs need process.getBuiltinModule. Use Node 20.16 or newer.',
  );
}
