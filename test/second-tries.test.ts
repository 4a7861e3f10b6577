import {expect, it} from 'vitest';
import {useSmallProject} from './small-project.js';

const project = useSmallProject(['needs.ts', 'reporter-plugin.ts', 'second-tries.ts'], {
  'vitest.config.ts': `import {nameSecondTries, retry} from './test/second-tries.js';
export default {plugins: [nameSecondTries], test: {retry}};`,
  'test/turns.test.ts': `import {expect, it} from 'vitest';
let turns = 0;
it('is steady', () => {});
it('needs two turns', () => expect(++turns).toBe(2));`,
});

it('a test that needs two tries fails', () => {
  expect(project.run([], {CI: undefined}).status).toBe(1);
});

it('a test that needs two tries passes in CI, and the end of the run names it with its first failure', () => {
  const {status, stderr} = project.run([], {CI: 'true'});
  expect(stderr).toMatch(
    /Passed only at the second try, and must be mended:\n {2}test\/turns\.test\.ts > needs two turns\n {4}expected 1 to be 2/,
  );
  expect(stderr).not.toContain('is steady');
  expect(status).toBe(0);
});
