import {describe, expect, it} from 'vitest';
import {useSmallProject} from './small-project.js';

describe('the end of a run', () => {
  const project = useSmallProject(['reporter-plugin.ts', 'slow-files.ts'], {
    'vitest.config.ts': `import {nameSlowFiles} from './test/slow-files.js';
export default {plugins: [nameSlowFiles], test: {testTimeout: 20_000}};`,
    'test/quick.test.ts': `import {it} from 'vitest';\nit('adds', () => {});`,
    'test/slow.test.ts': `import {it} from 'vitest';\nit('waits', () => new Promise(resolve => setTimeout(resolve, 5_100)));`,
  });

  it('names the files that took five seconds or more, also with other reporters', () => {
    expect(project.run(['--reporter=json']).stderr).toMatch(
      /The slowest of 2 files, which took \d+ s together:\n +\d+ s {2}test\/slow\.test\.ts\n$/,
    );
  });

  it('says nothing of a run of one file', () => {
    expect(project.run(['slow']).stderr).not.toContain('slowest');
  });
});
