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

/** Ordered by last use. */
const pools = new Map<string, GraphPool>();

/** The pool of a signature, for one more holder. */
export function holdPool(key: string): GraphPool {
  const pool = pools.get(key) ?? new GraphPool();
  pools.delete(key);
  pools.set(key, pool);
  pool.holders++;
  return pool;
}

/** Lets go of a pool. Graphs that are not held are unloaded, the longest unused first, if there are too many. */
export function letGo(pool: GraphPool): void {
  pool.holders--;
  for (const [key, each] of pools) {
    if (pools.size <= MOST_POOLS) return;
    if (each.holders > 0) continue;
    pools.delete(key);
    each.unload();
  }
}
