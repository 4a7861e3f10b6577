import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {commandLinePage} from '../../scripts/command-line.js';
import {commands} from '../../src/cli/commands/all.js';
import {createProgram} from '../../src/cli/program.js';

const page = readFileSync(new URL('../../docs/command-line.md', import.meta.url), 'utf8');

it('docs/command-line.md shows the current help of every command', () => {
  expect(commandLinePage(page), '`npx tsx scripts/command-line.ts` brings it up to date').toBe(page);
  const shown = [...page.matchAll(/^```text tfjs-hessian ?(.*)$/gm)].map(([, name]) => name);
  const names = createProgram().commands.map(command => command.name());
  expect(names).toHaveLength(commands.length);
  expect([...shown].sort()).toEqual(['', ...names].sort());
});

it.each(createProgram().commands.map(command => command.name()))('the help of %s has an example', name => {
  expect(page).toContain(`\n  $ npx tfjs-hessian ${name}`);
});
