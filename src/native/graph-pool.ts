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

  /** @param ops the number of ops in a graph. */
  constructor(readonly ops: number) {}

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
  }
}

/** The number of graphs of one signature that hold constants at the same time. */
const MOST_TAKEN = 8;

/** The number of signatures whose graphs are kept, since the next sample may use them. */
const MOST_POOLS = 64;

/**
 * The number of ops in graphs that are kept though nobody holds them. An op takes about 20 kB, so they are as much as 0.8 GB.
 */
const MOST_OPS = 40_000;

/** Ordered by last use. */
const pools = new Map<string, GraphPool>();

/**
 * The pool of a signature, for one more holder.
 *
 * @param ops the number of ops in a graph of this signature.
 */
export function holdPool(key: string, ops: number): GraphPool {
  const pool = pools.get(key) ?? new GraphPool(ops);
  pools.delete(key);
  pools.set(key, pool);
  pool.holders++;
  return pool;
}

/** Lets go of a pool. Graphs that are not held are unloaded, the longest unused first, if there are too many. */
export function letGo(pool: GraphPool): void {
  pool.holders--;
  let ops = 0;
  for (const each of pools.values()) if (each.holders === 0) ops += each.ops;
  for (const [key, each] of pools) {
    if (pools.size <= MOST_POOLS && ops <= MOST_OPS) return;
    if (each.holders > 0) continue;
    pools.delete(key);
    each.unload();
    ops -= each.ops;
  }
}
