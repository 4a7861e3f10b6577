import {describe, expect, it} from 'vitest';
import type {Settings} from '../../site/playground/settings.js';
import {dataNames, defaults, hashOf, mistakesIn, presets, settingsIn} from '../../site/playground/settings.js';

describe('the settings of the playground in its address', () => {
  const others: Partial<Settings> = {optimizer: 'adam', engine: 'cpu', rows: 33, batch: 7, every: 3, seed: 9};
  const live: Partial<Settings> = {rate: 0.0125, strength: 1e-4, layers: 'a layer/with & signs'};

  it.each(dataNames)('are read as they were written, with the data %s', data => {
    const start: Settings = {...defaults, ...presets[data], data};
    for (const settings of [start, {...start, ...others}, {...start, ...live}, {...start, ...others, ...live}]) {
      expect(settingsIn({hash: hashOf(settings)})).toEqual(settings);
    }
  });

  it('name only what differs from the start', () => {
    expect(hashOf(defaults)).toBe('#data=spirals');
    expect(hashOf({...defaults, rate: 2})).toBe('#data=spirals&rate=2');
  });

  it.each(['#rate=-1', '#rate=fast', '#rate=', '#rows=1.5', '#data=else', '#optimizer=', '#unknown=1', ''])(
    'keep their start where the address is wrong: %s',
    hash => {
      expect(settingsIn({hash})).toEqual(defaults);
    },
  );

  it('may stand behind ?, too, and are taken from # where both have them', () => {
    const search = '?engine=webgl&rate=2';
    expect(settingsIn({search, hash: ''})).toEqual({...defaults, engine: 'webgl', rate: 2});
    expect(settingsIn({search, hash: '#engine=cpu'})).toEqual({...defaults, engine: 'cpu', rate: 2});
  });

  it.each([
    ['?engine=cuda', '', /engine=cuda, which must be one of auto, webgpu, webgl, wasm, cpu/],
    ['', '#rate=-1', /rate=-1, which must be a number from 0\.000001 to 100/],
    ['', '#rows=1.5', /rows=1\.5, which must be a whole number from 2 to 100000/],
    ['', '#optimiser=adam', /optimiser, which is no setting; did you mean optimizer\?/],
  ])('are explained where they are wrong: %s%s', (search, hash, message) => {
    expect(settingsIn({search, hash})).toEqual(defaults);
    expect(mistakesIn({search, hash})).toEqual([expect.stringMatching(message)]);
  });

  it('are not found wrong where they are right, or where another program has put a name behind ?', () => {
    expect(mistakesIn({search: '?engine=wasm&source=mail', hash: hashOf({...defaults, ...others, ...live})})).toEqual(
      [],
    );
  });
});
