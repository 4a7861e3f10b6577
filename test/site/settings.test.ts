import {describe, expect, it} from 'vitest';
import type {Settings} from '../../site/playground/settings.js';
import {dataNames, defaults, hashOf, presets, settingsIn} from '../../site/playground/settings.js';

describe('the settings of the playground in its address', () => {
  const others: Partial<Settings> = {optimizer: 'adam', backend: 'cpu', rows: 33, batch: 7, every: 3, seed: 9};
  const live: Partial<Settings> = {rate: 0.0125, strength: 1e-4, layers: 'a layer/with & signs'};

  it.each(dataNames)('are read as they were written, with the data %s', data => {
    const start: Settings = {...defaults, ...presets[data], data};
    for (const settings of [start, {...start, ...others}, {...start, ...live}, {...start, ...others, ...live}]) {
      expect(settingsIn(hashOf(settings))).toEqual(settings);
    }
  });

  it('name only what differs from the start', () => {
    expect(hashOf(defaults)).toBe('#data=spirals');
    expect(hashOf({...defaults, rate: 2})).toBe('#data=spirals&rate=2');
  });

  it.each(['#rate=-1', '#rate=fast', '#rate=', '#rows=1.5', '#data=else', '#optimizer=', '#unknown=1', ''])(
    'keep their start where the address is wrong: %s',
    hash => {
      expect(settingsIn(hash)).toEqual(defaults);
    },
  );
});
