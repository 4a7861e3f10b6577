import {PassThrough} from 'node:stream';
import {expect, it} from 'vitest';
import {ask} from '../../../src/cli/terminal/ask.js';

async function answered(text: string): Promise<{answer: boolean; shown: string}> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  input.end(text);
  const answer = await ask('Really?', input, output);
  return {answer, shown: String(output.read())};
}

it.each(['y\n', 'Yes\n', '\n'])('%j means yes', async text => {
  expect(await answered(text)).toEqual({answer: true, shown: 'Really? [Y/n] '});
});

it.each(['n\n', 'no\n', 'what?\n', ''])('%j means no', async text => {
  expect((await answered(text)).answer).toBe(false);
});
