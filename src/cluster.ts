// The entry point `tfjs-hessian/cluster`: workers on other machines, in Node.
export type {Cluster, ClusterArgs} from './cluster/cluster.js';
export {cluster} from './cluster/cluster.js';
export type {RedisConnection} from './cluster/redis/redis-address.js';
