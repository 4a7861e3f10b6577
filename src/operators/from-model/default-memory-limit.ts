import {nodeModules} from '../../native/node-modules.js';
import {nativeBackend} from '../../tfjs-internals/node/backend.js';

/** On engines whose free memory is not known: a GPU's, a browser's, WebAssembly's. */
const ELSEWHERE = 256 * 2 ** 20;

/** How many bytes the linearizations of a data set may take by default: a quarter of the free memory, where that is known. */
export function defaultMemoryLimit(): number {
  const backend = nativeBackend();
  const node = nodeModules();
  if (backend === null || backend.isUsingGpuDevice || node === null) return ELSEWHERE;
  // Since Node 20.13. It knows the limits of a container.
  const free = globalThis.process.availableMemory?.() ?? node.os.freemem();
  return Math.floor(free / 4);
}
