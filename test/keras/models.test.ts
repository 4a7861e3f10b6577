import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import {onWarning} from '../../src/warnings.js';
import {useEngine} from '../engines.js';
import {computed, distance, forms, LOSS, TRACE} from './load.js';
import {models} from './models.js';

let quiet: () => void;
beforeAll(async () => {
  await useEngine('native');
  quiet = onWarning(() => {});
});
afterAll(() => quiet());

const named = (isRefused: boolean) =>
  models.cases.filter(({refused}) => (refused !== undefined) === isRefused).map(each => [each.name, each] as const);

describe.each(named(false))('%s', (_, each) => {
  it.each(forms(each))('has the same loss and trace as in Keras (%s)', async (_, variant) => {
    const {loss, trace} = await computed(each, variant);
    expect(distance(loss, variant.loss!)).toBeLessThan(LOSS);
    expect(distance(trace, variant.trace!)).toBeLessThan(TRACE);
  });
});

describe.each(named(true))('%s', (_, each) => {
  it.each(forms(each))('is refused, and the error names the reason (%s)', async (_, variant) => {
    const failing = computed(each, variant);
    await expect(failing).rejects.toThrow(InvalidArgumentError);
    await expect(failing).rejects.toThrow(new RegExp(each.refused!));
  });
});
