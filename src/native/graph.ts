import type {NativeBinding, NativeTensor} from './backend.js';
import {nodeModules} from './node-modules.js';
import type {OpList} from './op-list.js';
import type {SavedModel} from './saved-model.js';
import {savedModel, TAG} from './saved-model.js';

/** Whether a graph is loaded when loading it would have paid, or when it is first run. */
export type GraphLoading = 'when it pays' | 'at once';

/**
 * A list of ops as a graph of TensorFlow's own, which runs it in one call: ops take a few microseconds less to start each, and
 * those that do not wait for each other run side by side. No op is replaced by others, so that results have the same bits;
 * `Softmax` alone is known to round otherwise.
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
    this.entry = entries.get(key) ?? {runs: 0, holders: 0, session: null, failed: false};
    // Last used, last in the order.
    entries.delete(key);
    entries.set(key, this.entry);
    this.entry.holders++;
    this.fed = model.feeds.slice(list.inputs.length).map(value => list.constants.get(value)!.id);
  }

  /** The graph of a list; `null` where graphs cannot be written or loaded. */
  static of(list: OpList, binding: NativeBinding, loading: GraphLoading): Graph | null {
    const node = nodeModules();
    if (node === null || list.ops.length > MOST_OPS) return null;
    const model = savedModel(list, binding);
    return new Graph(binding, list, model, node.crypto.createHash('sha256').update(model.bytes).digest('hex'), loading);
  }

  /** The outputs; `null` where it does not pay yet to load the graph, or it could not be loaded. */
  run(inputs: readonly number[]): NativeTensor[] | null {
    const {entry, model, binding} = this;
    entry.runs++;
    if (entry.failed || (entry.session === null && this.loading === 'when it pays' && entry.runs <= PAYS_AFTER))
      return null;
    const feeds = [...inputs, ...this.fed];
    try {
      entry.session ??= load(model.bytes, binding);
      return binding.runSavedModel(entry.session, feeds, model.feedNames, model.outputNames);
    } catch {
      // Op by op it goes on, and if the fault is not the graph's it will show there.
      entry.failed = true;
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
  failed: boolean;
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

/** The addon loads graphs from folders alone. */
function load(bytes: Uint8Array, binding: NativeBinding): number {
  const {fs, os, path} = nodeModules()!;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tfjs-hessian-'));
  try {
    fs.writeFileSync(path.join(folder, 'saved_model.pb'), bytes);
    return quietly(() => binding.loadSavedModel(folder, TAG));
  } finally {
    fs.rmSync(folder, {recursive: true, force: true});
  }
}

/** TensorFlow tells of each graph that it loads. */
function quietly<T>(body: () => T): T {
  const {env} = process;
  const before = env.TF_CPP_MIN_LOG_LEVEL;
  if (before === undefined || before < '1') env.TF_CPP_MIN_LOG_LEVEL = '1';
  try {
    return body();
  } finally {
    if (before === undefined) delete env.TF_CPP_MIN_LOG_LEVEL;
    else env.TF_CPP_MIN_LOG_LEVEL = before;
  }
}
