import type {LoadedGraph} from './loaded-graph.js';

/** The loaded graphs of all functions with one signature. */
export class GraphPool {
  runs = 0;
  /** Functions that may use the graphs. */
  holders = 0;
  /** After a failure of the graph, functions run op by op up to this run. */
  pausedUntil = 0;
  /** Graphs that can be taken. */
  private readonly free: LoadedGraph[] = [];
  private taken = 0;

  /** @param bytesOfGraph about what a loaded graph takes. */
  constructor(private readonly bytesOfGraph: number) {}

  /** The number of graphs that are loaded. */
  get graphs(): number {
    return this.free.length + this.taken;
  }

  /** About what the loaded graphs take. */
  get bytes(): number {
    return this.graphs * this.bytesOfGraph;
  }

  /** Whether a graph can be taken without loading it. */
  get isReady(): boolean {
    return this.free.length > 0;
  }

  /** Whether no more graphs are loaded. */
  get isFull(): boolean {
    return this.taken >= MOST_TAKEN;
  }

  /** Takes a graph, which is loaded if none is free. One that holds no constants can be taken by all. */
  take(load: () => LoadedGraph): LoadedGraph {
    if (!this.isReady) this.free.push(load());
    const graph = this.free.at(-1)!;
    if (graph.release === undefined) return graph;
    this.free.pop();
    this.taken++;
    return graph;
  }

  giveBack(graph: LoadedGraph): void {
    if (graph.release === undefined) return;
    this.taken--;
    graph.release();
    this.free.push(graph);
  }

  unload(): void {
    for (const graph of this.free) graph.unload();
    this.free.length = 0;
  }
}

/** The number of graphs of one signature that hold constants at the same time. */
const MOST_TAKEN = 8;

/** The number of signatures whose graphs are kept, since the next sample may use them. */
const MOST_POOLS = 64;

/** The bytes of graphs that are kept though nobody holds them. */
const MOST_BYTES = 256 * 2 ** 20;

/** Ordered by last use. */
const pools = new Map<string, GraphPool>();

/**
 * The pool of a signature, for one more holder.
 *
 * @param bytes about what a graph of this signature takes.
 */
export function holdPool(key: string, bytes: number): GraphPool {
  const pool = pools.get(key) ?? new GraphPool(bytes);
  pools.delete(key);
  pools.set(key, pool);
  pool.holders++;
  return pool;
}

/** Lets go of a pool. Graphs that are not held are unloaded, the longest unused first, if there are too many. */
export function letGo(pool: GraphPool): void {
  pool.holders--;
  evict(MOST_POOLS, MOST_BYTES);
}

/** Unloads graphs that are not held, the longest unused first, until there are few enough; returns how many. */
function evict(mostPools: number, mostBytes: number): number {
  const unheld = [...pools].filter(([, {holders}]) => holders === 0);
  let bytes = unheld.reduce((sum, [, pool]) => sum + pool.bytes, 0);
  let count = 0;
  for (const [key, pool] of unheld) {
    if (pools.size <= mostPools && bytes <= mostBytes) break;
    bytes -= pool.bytes;
    count += pool.graphs;
    pools.delete(key);
    pool.unload();
  }
  return count;
}

/**
 * Unloads the compiled graphs that no model, operator or training uses any more.
 *
 * On the native engine, products and training steps run as graphs of TensorFlow. When an operator is disposed of or a training ends, its graph
 * stays for the next one of the same shape: up to 64 of them and about 256 MiB, the longest unused go first. This function unloads all that are
 * unused, for a process that goes on to other work. What runs later loads its graph again, with the same bits. TensorFlow's memory goes back to
 * the allocator of the process, which uses it again and may keep it.
 *
 * Does nothing on other engines. Costs no gradient passes.
 *
 * @returns how many graphs were unloaded.
 * @example
 * H.dispose();
 * console.log(releaseGraphs(), 'graphs unloaded');
 */
export function releaseGraphs(): number {
  return evict(0, 0);
}
