// What a browser's graphics can do for a training.
import type {Fitness} from './first-that-works.js';

/** Renderers that compute in software. WebAssembly is faster. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

interface AdapterInfo {
  readonly isFallbackAdapter?: boolean;
  readonly architecture?: string;
  readonly description?: string;
  readonly device?: string;
}

interface Gpu {
  requestAdapter(): Promise<{readonly isFallbackAdapter?: boolean; readonly info?: AdapterInfo} | null>;
}

export async function fitnessOfWebGpu(): Promise<Fitness> {
  const {gpu} = navigator as unknown as {readonly gpu?: Gpu};
  if (gpu === undefined) return {kind: 'impossible', why: 'this browser does not have it'};
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (adapter === null) return {kind: 'impossible', why: 'the browser finds no graphics card for it'};
  const {isFallbackAdapter, architecture = '', description = '', device = ''} = adapter.info ?? {};
  const name = [description, device, architecture].find(text => text !== '') ?? 'an adapter without a name';
  const isSoftware = adapter.isFallbackAdapter || isFallbackAdapter || SOFTWARE.test(`${architecture} ${description}`);
  return isSoftware ? inSoftware(name) : {kind: 'fit'};
}

export function fitnessOfWebGl(): Fitness {
  const gl = typeof OffscreenCanvas === 'undefined' ? null : new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl) return {kind: 'impossible', why: 'this browser does not have it in workers'};
  // Where this extension is missing, RENDERER itself has the name.
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const name = String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return SOFTWARE.test(name) ? inSoftware(name) : {kind: 'fit'};
}

function inSoftware(name: string): Fitness {
  const short = ['SwiftShader', 'llvmpipe'].find(known => name.toLowerCase().includes(known.toLowerCase()));
  return {kind: 'slow', why: `it is computed in software here (${short ?? name})`};
}
