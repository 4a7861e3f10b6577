import * as tf from '@tensorflow/tfjs-core';
import type {Settings} from '../settings.js';

type Backend = Exclude<Settings['backend'], 'auto'>;

const starts: Readonly<Record<Backend, () => Promise<unknown>>> = {
  webgpu: () => import('@tensorflow/tfjs-backend-webgpu'),
  webgl: () => import('@tensorflow/tfjs-backend-webgl'),
  async wasm() {
    const {setWasmPaths} = await import('@tensorflow/tfjs-backend-wasm');
    const files = await import('./wasm-files.js');
    setWasmPaths(files.wasmFiles);
  },
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
};

/**
 * Starts the wanted backend, or the first of those that can do the work.
 *
 * @param hasConvolutions whether the model has convolutions, which `wasm` cannot train.
 * @returns the backend's name.
 */
export async function startBackend(wanted: Settings['backend'], hasConvolutions: boolean): Promise<string> {
  const named = wanted === 'auto' ? await fastest(hasConvolutions) : [wanted];
  for (const name of named) {
    await starts[name]();
    if (await tf.setBackend(name).catch(() => false)) {
      await tf.ready();
      return name;
    }
  }
  throw new Error(`${named.join(', ')} cannot be started in this browser; choose another backend.`);
}

/** A graphics card first, but not one that is emulated; then what the processor can do. */
async function fastest(hasConvolutions: boolean): Promise<Backend[]> {
  const order: Backend[] = [];
  if (await hasWebGpu()) order.push('webgpu');
  if (hasWebGl()) order.push('webgl');
  return [...order, ...(hasConvolutions ? ([] as const) : (['wasm'] as const)), 'cpu'];
}

const EMULATED = /swiftshader|llvmpipe|software|basic render/i;

interface Gpu {
  requestAdapter(): Promise<{
    readonly isFallbackAdapter?: boolean;
    readonly info?: {readonly isFallbackAdapter?: boolean; readonly architecture: string; readonly description: string};
  } | null>;
}

async function hasWebGpu(): Promise<boolean> {
  const {gpu} = navigator as unknown as {readonly gpu?: Gpu};
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (!adapter) return false;
  const {isFallbackAdapter, architecture = '', description = ''} = adapter.info ?? {};
  return !(adapter.isFallbackAdapter || isFallbackAdapter || EMULATED.test(`${architecture} ${description}`));
}

function hasWebGl(): boolean {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl) return false;
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = names ? String(gl.getParameter(names.UNMASKED_RENDERER_WEBGL)) : '';
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return !EMULATED.test(renderer);
}
