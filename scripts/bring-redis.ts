// Finds the Redis that the tests start, or installs it. If that fails, it says what was tried and exits with 0, since all other tests
// can run; in CI they fail then.
//
//   npx tsx scripts/bring-redis.ts
import {spawnSync} from 'node:child_process';
import {findRedis} from '../test/redis.js';
import {aptInstall, mayUseApt} from './apt.js';

try {
  const named = process.env.REDIS_SERVER;
  const path = findRedis() ?? bring();
  const starts = path !== undefined && spawnSync(path, ['--version']).status === 0;
  if (named && !starts) throw new Error(`REDIS_SERVER is "${named}", which does not start.`);
  if (path !== undefined && !starts) console.error(`No Redis for the tests: ${path} does not start.`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

function bring(): string | undefined {
  if (!mayUseApt()) {
    console.error(
      'No Redis for the tests: `apt-get install redis-server` needs Debian or Ubuntu and root. Install it yourself.',
    );
    return undefined;
  }
  console.log('The tests need a Redis: trying `apt-get install redis-server` …');
  try {
    aptInstall('redis-server');
  } catch (error) {
    console.error(`No Redis for the tests:\n  \`apt-get install redis-server\`: ${(error as Error).message}`);
  }
  return findRedis();
}
