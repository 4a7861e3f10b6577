import {attributeWords, signature} from '../graph/signature.js';
import type {NativeBackend, NativeTensor} from '../tfjs-internals/node/backend.js';
import {warn} from '../warnings.js';
import type {GraphDef} from './graph-def.js';
import {graphDef} from './graph-def.js';
import {hasGraphFunctions, loadGraphFunction} from './graph-function.js';
import type {GraphKind} from './graph-kind.js';
import {graphKind} from './graph-kind.js';
import {type GraphPool, holdPool, letGo} from './graph-pool.js';
import type {LoadedGraph} from './loaded-graph.js';
import type {NativeFunction} from './native-op.js';
import {nodeModules} from './node-modules.js';
import {FolderError, loadSession} from './session.js';
import {loadSessionWithVariables, Variables} from './session-variables.js';

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
  private readonly pool: GraphPool;
  private runs = 0;
  private loaded: LoadedGraph | null = null;
  private constants: readonly number[] = [];

  private constructor(
    private readonly backend: NativeBackend,
    private readonly fn: NativeFunction,
    private readonly loading: GraphLoading,
    private readonly kind: GraphKind,
  ) {
    const words = signature(fn.graph, ({name, attributes}) => `${name}${attributeWords(attributes)}`);
    this.pool = holdPool(`${kind} ${words}`, words.length + fn.graph.nodes.length * BYTES_OF_OP);
  }

  /** The graph of a function; `null` if graphs cannot be written or loaded, or would not pay. */
  static of(fn: NativeFunction, backend: NativeBackend, loading: GraphLoading): TensorFlowGraph | null {
    const kind = graphKind(backend);
    // Weights and batch would pass through the host's memory.
    const isOff = kind === 'off' || (kind === 'variables' && loading === 'at once');
    if (isOff) warnOfMissing(kind, backend);
    const isTooLarge = fn.graph.nodes.length > MOST_OPS;
    if (!isOff && isTooLarge && loading === 'at once') warnOfSize(fn.graph.nodes.length);
    return isOff || isTooLarge ? null : new TensorFlowGraph(backend, fn, loading, kind);
  }

  /** @returns the outputs; `null` if loading the graph does not pay yet or fails. */
  run(inputs: readonly number[]): NativeTensor[] | null {
    const {pool} = this;
    pool.runs++;
    this.runs++;
    if (pool.runs <= pool.pausedUntil) return null;
    try {
      this.loaded ??= this.take();
      return this.loaded?.run(inputs, this.constants) ?? null;
    } catch (error) {
      // The function runs op by op then, which shows any error of the function itself. The graph is tried again less and less often.
      pool.pausedUntil = Math.max(pool.runs + PAYS_AFTER, 2 * pool.runs);
      warnOfFailure(error);
      return null;
    }
  }

  dispose(): void {
    if (this.loaded !== null) this.pool.giveBack(this.loaded);
    this.loaded = null;
    letGo(this.pool);
  }

  private take(): LoadedGraph | null {
    const {pool, kind, fn, backend} = this;
    // A graph that holds constants is loaded for one function alone.
    const runs = kind === 'variables' ? this.runs : pool.runs;
    const isTooEarly = this.loading === 'when it pays' && runs <= PAYS_AFTER;
    if (!pool.isReady && (isTooEarly || pool.isFull)) return null;
    const def = graphDef(fn.graph, backend, kind === 'variables' ? new Variables() : undefined);
    this.constants = def.constants.map(value => fn.constants.idOf(value));
    if (!pool.isReady && this.loading === 'at once') warnOfLoading(fn.graph.nodes.length);
    return pool.take(() => {
      const loaded = this.load(def);
      lastReason = null;
      return loaded;
    });
  }

  private load(def: GraphDef): LoadedGraph {
    const {binding} = this.backend;
    if (this.kind === 'variables') return loadSessionWithVariables(def, binding);
    if (this.kind === 'session' || !hasGraphFunctions(binding)) return loadSession(def, binding);
    return loadGraphFunction(def, binding, this.kind === 'xla');
  }
}

/** What an op of a loaded graph takes, about: the 2,116 ops of a penalized LSTM took 11 MB as a function, and 15 MB as a session. */
const BYTES_OF_OP = 8000;

/** Larger graphs take many seconds to load. */
const MOST_OPS = 20_000;

/** Graphs with more ops take more than about three seconds to load on two cores. */
const MANY_OPS = 6000;

/** The number of runs after which loading pays. */
const PAYS_AFTER = 24;

function warnOfSize(ops: number): void {
  warn(
    'slower',
    `A training step has ${ops.toLocaleString('en')} ops, more than the ${MOST_OPS.toLocaleString('en')} of a graph that loads in ` +
      "a reasonable time, so its ops run one by one. With a penalty on many layers, probe: 'joint' needs far fewer ops.",
  );
}

function warnOfLoading(ops: number): void {
  if (ops <= MANY_OPS) return;
  const seconds = Math.round(ops / 2000);
  warn(
    'costly',
    `A training step has ${ops.toLocaleString('en')} ops. TensorFlow loads its graph now, once for each size of a batch, which takes ` +
      `about ${seconds} seconds on two cores.`,
  );
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
function warnOfMissing(kind: GraphKind, {isUsingGpuDevice, binding}: NativeBackend): void {
  const slower = `${kind === 'off' ? 'Products, training' : 'Training'} steps and penalties run op by op, which is slower`;
  if (isUsingGpuDevice && !hasGraphFunctions(binding)) {
    const wayOut = 'graphs on a GPU need the addon of the set-up. Run `npx tfjs-hessian setup --cuda`.';
    warnOnce('addon', `${slower}: ${wayOut}`);
  } else if (!isUsingGpuDevice && nodeModules() === null) {
    warnOnce('Node', `${slower}: graphs need process.getBuiltinModule. Use Node 20.16 or newer.`);
  }
}
