import {describe, expect, it} from 'vitest';
import type {EngineName} from '../../../site/playground/settings.js';
import {engineNames} from '../../../site/playground/settings.js';
import type {Fitness} from '../../../site/playground/training/engine/first-that-works.js';
import {firstThatWorks} from '../../../site/playground/training/engine/first-that-works.js';

const fit: Fitness = {kind: 'fit'};
const slow: Fitness = {kind: 'slow', why: 'it is software'};
const absent: Fitness = {kind: 'impossible', why: 'it is absent'};
const all = {webgpu: fit, webgl: fit, wasm: fit, cpu: fit};

/** Chooses among engines of which some fail when they are started. */
async function choose(wanted: EngineName | 'auto', fitness: Record<EngineName, Fitness>, failing: EngineName[] = []) {
  const tried: EngineName[] = [];
  const chosen = await firstThatWorks(wanted, fitness, async engine => {
    tried.push(engine);
    return failing.includes(engine) ? 'it breaks' : null;
  });
  return {...chosen, tried};
}

describe('the engine that the playground chooses', () => {
  it('is the first that is there, a graphics card before the processor, and no other is started', async () => {
    expect(await choose('auto', all)).toEqual({name: 'webgpu', tried: ['webgpu'], notes: []});
    expect(await choose('auto', {...all, webgpu: absent})).toEqual({
      name: 'webgl',
      tried: ['webgl'],
      notes: ['WebGPU is not used: it is absent.'],
    });
  });

  it('is not one that computes graphics in software, unless it is wanted', async () => {
    const software = {...all, webgpu: slow, webgl: slow};
    expect(await choose('auto', software)).toEqual({
      name: 'wasm',
      tried: ['wasm'],
      notes: ['WebGPU is not used: it is software.', 'WebGL is not used: it is software.'],
    });
    expect(await choose('webgl', software)).toEqual({
      name: 'webgl',
      tried: ['webgl'],
      notes: ['WebGL is slow: it is software.'],
    });
    expect((await choose('webgl', software, ['webgl'])).tried).toEqual(['webgl', 'wasm']);
  });

  it.each(engineNames)('is the next one where %s is wanted and fails, with the reason', async wanted => {
    const {name, notes, tried} = await choose(wanted, all, [wanted]);
    const next = engineNames.find(engine => engine !== wanted);
    expect([name, tried]).toEqual([next, [wanted, next]]);
    expect(notes).toEqual([expect.stringMatching(/^\w+ is not used: it breaks\.$/)]);
  });

  it('is never one that cannot do the work, even if it is wanted', async () => {
    const {name, notes} = await choose('wasm', {...all, webgpu: absent, webgl: slow, wasm: absent});
    expect(name).toBe('cpu');
    expect(notes).toEqual([
      'WebAssembly is not used: it is absent.',
      'WebGPU is not used: it is absent.',
      'WebGL is not used: it is software.',
    ]);
  });

  it('is an error with all reasons where none works', async () => {
    const none = choose('auto', {webgpu: absent, webgl: absent, wasm: fit, cpu: fit}, ['wasm', 'cpu']);
    await expect(none).rejects.toThrow(
      'No engine can train here. WebGPU is not used: it is absent. WebGL is not used: it is absent. ' +
        'WebAssembly is not used: it breaks. JavaScript is not used: it breaks.',
    );
  });
});
