import {attributeWords, signature} from '../graph/signature.js';
import type {NativeBinding, NativeTensor} from '../tfjs-internals/node/backend.js';
import {warn} from '../warnings.js';
import {FolderError, loadGraph} from './load-graph.js';
import type {NativeFunction} from './native-op.js';
import {nodeModules} from './node-modules.js';
import type {SavedModel} from './saved-model.js';
import {savedModel} from './saved-model.js';

/** Whether a graph is loaded when loading it would have paid, or when it is first run. */
export type GraphLoading = 'when it pays' | 'at once';

/**
 * A function as a graph of TensorFlow's own, which runs it in one call: ops take a few microseconds less to start each, and
 * those that do not wait for each other run side by side. TensorFlow replaces no op by others, so results have the same bits.
 *
 * Loading a graph and running it for the first time take as long as some dozens of runs save. The functions of one model on
 * batches of one size have the same graph. It is loaded once for all of them, when they have run often enough together.
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
    // The map's order is that of the last use.
    entries.delete(key);
    entries.set(key, this.entry);
    this.entry.holders++;
  }

  /** The graph of a function; `null` where graphs cannot be written or loaded. */
  static of(fn: NativeFunction, binding: NativeBinding, loading: GraphLoading): TensorFlowGraph | null {
    const canLoad = nodeModules() !== null;
    if (!canLoad) warnOfOldNode();
    return canLoad && fn.graph.nodes.length <= MOST_OPS ? new TensorFlowGraph(binding, fn, loading) : null;
  }

  /** The outputs; `null` where loading the graph does not pay yet, or fails. */
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
      // It goes on op by op, and a fault that is not the graph's will show there. The graph is tried again more and more rarely.
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

/** A graph of more ops takes many seconds to load. */
const MOST_OPS = 20_000;

/** Loading pays after this many runs. */
const PAYS_AFTER = 24;

/** How many graphs are kept: those that nobody holds any more may serve the next sample. */
const MOST_SESSIONS = 64;

interface Entry {
  runs: number;
  holders: number;
  session: number | null;
  /** Up to this run the function runs op by op, since the graph has failed. */
  pausedUntil: number;
}

/** By the graphs' signatures. */
const entries = new Map<string, Entry>();

function evict(binding: NativeBinding): void {
  for (const [key, {holders, session}] of entries) {
    if (entries.size <= MOST_SESSIONS) return;
    if (holders > 0) continue;
    entries.delete(key);
    if (session !== null) binding.deleteSavedModel(session);
  }
}

/** The reason that was warned of last: a reason is told once, however many graphs it concerns. */
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
          `The temporary folder ${error.folder} cannot be written (${message}), so TensorFlow can load no graphs`,
          'Free space there, or set TMPDIR to another folder; graphs are tried again later.',
        ]
      : ['graph', `TensorFlow could not load or run a graph (${message})`, 'Graphs are tried again later.'];
  warnOnce(reason, `${what}. Products and penalties run op by op: the same numbers, in more time. ${wayOut}`);
}

function warnOfOldNode(): void {
  warnOnce(
    'Node',
    'Products and penalties run op by op, in more time: graphs need process.getBuiltinModule. Use Node 20.16 or newer.',
  );
}
