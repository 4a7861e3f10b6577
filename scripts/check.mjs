// Checks the code without running it: format and lint, types, one-way imports, dead code, documentation of the public types, and the
// package as it would be published. Reports all failures, not only the first.
//
//   npm run check
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const packed = mkdtempSync(join(tmpdir(), 'tfjs-hessian-pack-'));
const checks = [
  ['format and lint', 'biome', ['ci', '--error-on-warnings', '.']],
  ['types', 'tsc', []],
  ['imports go one way', 'depcruise', ['--config', '.dependency-cruiser.cjs', 'src']],
  ['dead code', 'knip', []],
  ['documented types', 'typedoc', ['--emit', 'none', '--logLevel', 'Warn']],
  ['workflows', 'go', ['run', 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.7']],
  ['build', 'tsdown', ['--logLevel', 'warn']],
  ['pack', 'npm', ['pack', '--silent', '--pack-destination', packed]],
  ['publint', 'publint', ['--strict', '.']],
  ['types of the package', 'attw', () => [join(packed, readdirSync(packed)[0]), '--profile', 'esm-only']],
];

const failed = [];
for (const [name, command, args] of checks) {
  console.log(`\n── ${name}`);
  const {status, error} = spawnSync(command, typeof args === 'function' ? args() : args, {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (error?.code === 'ENOENT' && command === 'go') {
    console.log('Not checked: this needs Go.');
    continue;
  }
  if (error) console.error(error.message);
  if (status !== 0) failed.push(name);
}
rmSync(packed, {recursive: true, force: true});
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(', ')}. \`npm run format\` mends formatting.`);
  process.exit(1);
}
console.log('\nAll checks passed.');
