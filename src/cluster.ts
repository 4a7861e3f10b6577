// The entry point `tfjs-hessian/cluster`: workers in threads and on other machines, in Node.
export type {SampleWorker, SampleWorkerEvent} from './callbacks/background/sample-worker.js';
export type {NodeWorker} from './callbacks/background/worker-thread.js';
export type {Cluster, ClusterArgs} from './cluster/cluster.js';
export {cluster} from './cluster/cluster.js';
export type {RedisConnection} from './cluster/redis/redis-address.js';
export type {ThreadsArgs} from './cluster/threads/threads.js';
export {threads} from './cluster/threads/threads.js';
export type {ProductPlacement, ProductSource, ProductWorkers} from './operators/shards/product-workers.js';
