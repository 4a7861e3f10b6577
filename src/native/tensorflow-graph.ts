import {attributeWords, signature} from '../graph/signature.js';
import type {NativeBackend, NativeTensor} from '../tfjs-internals/node/backend.js';
import {warn} from '../warnings.js';
import type {GraphDef} from './graph-def.js';
import {graphDef} from './graph-def.js';
import {hasGraphFunctions, loadGraphFunction} from './graph-function.js';
import type {GraphKind} from './graph-kind.js';
import {graphKind} from './graph-kind.js';
import type {LoadedGraph} from './loaded-graph.js';
import type {NativeFunction} from './native-op.js';
import {nodeModules} from './node-modules.js';
import {FolderError, loadSession} from './session.js';

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
  private def: GraphDef | null = null;

  private constructor(
    private readonly backend: NativeBackend,
    private readonly fn: NativeFunction,
    private readonly loading: GraphLoading,
    private readonly kind: GraphKind,
  ) {
    const key = `${kind} ${signature(fn.graph, ({name, attributes}) => `${name}${attributeWords(attributes)}`)}`;
    this.entry = entries.get(key) ?? {runs: 0, holders: 0, loaded: null, pausedUntil: 0};
    // The map is ordered by last use.
    entries.delete(key);
    entries.set(key, this.entry);
    this.entry.holders++;
  }

  /** The graph of a function; `null` if graphs cannot be written or loaded. */
  static of(fn: NativeFunction, backend: NativeBackend, loading: GraphLoading): TensorFlowGraph | null {
    const kind = graphKind(backend);
    if (kind === 'off') warnOfMissing(backend);
    return kind !== 'off' && fn.graph.nodes.length <= MOST_OPS ? new TensorFlowGraph(backend, fn, loading, kind) : null;
  }

  /** @returns the outputs; `null` if loading the graph does not pay yet or fails. */
  run(inputs: readonly number[]): NativeTensor[] | null {
    const {entry} = this;
    entry.runs++;
    if (entry.runs <= entry.pausedUntil) return null;
    if (entry.loaded === null && this.loading === 'when it pays' && entry.runs <= PAYS_AFTER) return null;
    try {
      this.def ??= graphDef(this.fn.graph, this.backend);
      if (entry.loaded === null) {
        entry.loaded = this.load(this.def);
        lastReason = null;
      }
      return entry.loaded.run([...inputs, ...this.def.fed.map(value => this.fn.constants.idOf(value))]);
    } catch (error) {
      // The function runs op by op then, which shows any error of the function itself. The graph is tried again less and less often.
      entry.pausedUntil = Math.max(entry.runs + PAYS_AFTER, 2 * entry.runs);
      warnOfFailure(error);
      return null;
    }
  }

  dispose(): void {
    this.entry.holders--;
    evict();
  }

  private load(def: GraphDef): LoadedGraph {
    const {binding} = this.backend;
    if (this.kind === 'session' || !hasGraphFunctions(binding)) return loadSession(def, binding);
    return loadGraphFunction(def, binding, this.kind === 'xla');
  }
}

/** Larger graphs take many seconds to load. */
const MOST_OPS = 20_000;

/** The number of runs after which loading pays. */
const PAYS_AFTER = 24;

/** The number of loaded graphs that are kept, since the next sample may use them. */
const MOST_GRAPHS = 64;

interface Entry {
  runs: number;
  holders: number;
  loaded: LoadedGraph | null;
  /** After a failure of the graph, functions run op by op up to this run. */
  pausedUntil: number;
}

/** Loaded graphs and counts of runs, by signature. */
const entries = new Map<string, Entry>();

function evict(): void {
  for (const [key, {holders, loaded}] of entries) {
    if (entries.size <= MOST_GRAPHS) return;
    if (holders > 0) continue;
    entries.delete(key);
    loaded?.unload();
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

/** Says what graphs need that is not there. */
function warnOfMissing({isUsingGpuDevice, binding}: NativeBackend): void {
  const slower = 'Products and penalties run op by op, which is slower';
  if (isUsingGpuDevice) {
    if (!hasGraphFunctions(binding))
      warnOnce(
        'addon',
        `${slower}: graphs on a GPU need the addon of the set-up. Run \`npx tfjs-hessian setup --cuda\`.`,
      );
  } else if (nodeModules() === null) {
    warnOnce('Node', `${slower}: graphs need process.getBuiltinModule. Use Node 20.16 or newer.`);
  }
}
