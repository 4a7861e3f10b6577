import {attributeWords, signature} from '../graph/signature.js';
import type {NativeBinding, NativeTensor} from '../tfjs-internals/node/backend.js';
import {warn} from '../warnings.js';
import {FolderError, loadGraph} from './load-graph.js';
import type {NativeFunction} from './native-op.js';
import {nodeModules} from './node-modules.js';
import type {SavedModel} from './saved-model.js';
import {savedModel} from './saved-model.js';

/** When a graph is loaded: after as many runs as loading it pays for, or at the first run. */
export type GraphLoading = 'when it pays' | 'at once';

/**
 * A function as a TensorFlow graph, which runs in one call. Each op starts a few microseconds faster, and independent ops run in
 * parallel. TensorFlow replaces no ops, so results have the same bits.
 *
 * Loading a graph and its first run cost as much as some dozens of runs save. Functions of one model on batches of one size have
 * the same graph; it is loaded once for all of them, after enough runs in total.
 */
export class TensorFlowGraph {
  private readonly entry: Entry;
  private model: SavedModel | null = null;

  private constructor(
    private readonly binding: NativeBinding,
    private readonly fn: NativeFunction,
    private readonly loading: GraphLoading,
  ) {
    const key = signature(fn.graph, ({name, attributes}) => `${name}${attributeWords(attributes)}`);
    this.entry = entries.get(key) ?? {runs: 0, holders: 0, session: null, pausedUntil: 0};
    // The map is ordered by last use.
    entries.delete(key);
    entries.set(key, this.entry);
    this.entry.holders++;
  }

  /** The graph of a function; `null` if graphs cannot be written or loaded. */
  static of(fn: NativeFunction, binding: NativeBinding, loading: GraphLoading): TensorFlowGraph | null {
    const canLoad = nodeModules() !== null;
    if (!canLoad) warnOfOldNode();
    return canLoad && fn.graph.nodes.length <= MOST_OPS ? new TensorFlowGraph(binding, fn, loading) : null;
  }

  /** @returns the outputs; `null` if loading the graph does not pay yet or fails. */
  run(inputs: readonly number[]): NativeTensor[] | null {
    const {entry, binding} = this;
    entry.runs++;
    if (entry.runs <= entry.pausedUntil) return null;
    if (entry.session === null && this.loading === 'when it pays' && entry.runs <= PAYS_AFTER) return null;
    try {
      this.model ??= savedModel(this.fn.graph, binding);
      const {bytes, fed, feedNames, outputNames} = this.model;
      if (entry.session === null) {
        entry.session = loadGraph(bytes(), binding);
        lastReason = null;
      }
      const feeds = [...inputs, ...fed.map(value => this.fn.constants.idOf(value))];
      return binding.runSavedModel(entry.session, feeds, feedNames, outputNames);
    } catch (error) {
      // The function runs op by op then, which shows any error of the function itself. The graph is tried again less and less often.
      entry.pausedUntil = Math.max(entry.runs + PAYS_AFTER, 2 * entry.runs);
      warnOfFailure(error);
      return null;
    }
  }

  dispose(): void {
    this.entry.holders--;
    evict(this.binding);
  }
}

/** Larger graphs take many seconds to load. */
const MOST_OPS = 20_000;

/** The number of runs after which loading pays. */
const PAYS_AFTER = 24;

/** The number of loaded graphs that are kept, since the next sample may use them. */
const MOST_SESSIONS = 64;

interface Entry {
  runs: number;
  holders: number;
  session: number | null;
  /** After a failure of the graph, functions run op by op up to this run. */
  pausedUntil: number;
}

/** Loaded graphs and counts of runs, by signature. */
const entries = new Map<string, Entry>();

function evict(binding: NativeBinding): void {
  for (const [key, {holders, session}] of entries) {
    if (entries.size <= MOST_SESSIONS) return;
    if (holders > 0) continue;
    entries.delete(key);
    if (session !== null) binding.deleteSavedModel(session);
  }
}

/** The reason of the last warning: it is not repeated for other graphs. */
let lastReason: string | null = null;

function warnOnce(reason: string, message: string): void {
  if (lastReason === reason) return;
  lastReason = reason;
  warn('slower', message);
}

function warnOfFailure(error: unknown): void {
  const {message} = error as Error;
  const [reason, what, wayOut] =
    error instanceof FolderError
      ? [
          `folder ${error.folder}`,
          `The temporary folder ${error.folder} is not writable (${message}), so TensorFlow cannot load graphs`,
          'Free space there, or set TMPDIR to another folder; graphs are tried again later.',
        ]
      : ['graph', `TensorFlow could not load or run a graph (${message})`, 'Graphs are tried again later.'];
  warnOnce(reason, `${what}. Products and penalties run op by op, slower but with the same numbers. ${wayOut}`);
}

function warnOfOldNode(): void {
  warnOnce(
    'Node',
    'Products and penalties run op by op, which is slower: graphs need process.getBuiltinModule. Use Node 20.16 or newer.',
  );
}
