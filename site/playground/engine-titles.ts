import type {EngineName} from './settings.js';

/** The engines as the page calls them. */
export const engineTitles: Readonly<Record<EngineName, string>> = {
  webgpu: 'WebGPU',
  webgl: 'WebGL',
  wasm: 'WebAssembly',
  cpu: 'JavaScript',
};
