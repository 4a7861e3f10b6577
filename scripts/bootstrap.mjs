// Installs what a fresh clone needs: the packages of package-lock.json, then the native engine, then a browser for the tests.
// It is plain JavaScript without dependencies, since it runs before they are installed. It takes a tenth of a second if nothing is missing.
//
//   node scripts/bootstrap.mjs [--require-engine] [--browser] [--firefox] [--redis] [options of `tfjs-hessian setup`, such as --cuda]
//
// Without a compiler or Python the engine cannot be built. A message says so; with --require-engine and in CI it is an error.
// A browser is installed only with --browser, a Firefox with --firefox, and a Redis with --redis; if none can be installed, its tests do
// not run.
import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const ownFlags = ['--require-engine', '--browser', '--firefox', '--redis'];
const flags = process.argv.slice(2).filter(flag => !ownFlags.includes(flag));
const engineRequired = process.argv.includes('--require-engine') || process.env.CI === 'true';

installPackages();
if (flags.length > 0 || !engineIsReady()) setUpEngine();
if (process.argv.includes('--browser') && !browserIsReady()) bring('scripts/bring-chromium.ts');
if (process.argv.includes('--firefox') && !firefoxIsReady()) bring('scripts/bring-firefox.ts');
if (process.argv.includes('--redis') && !redisIsReady()) bring('scripts/bring-redis.ts');

function installPackages() {
  const problem = whatIsMissing();
  if (!problem) return;
  // `ci` first deletes node_modules with the engine in it, so it is only for a clone without them.
  const command = existsSync(join(root, 'node_modules')) ? 'install' : 'ci';
  console.log(`${problem}: running \`npm ${command}\` …`);
  const args = [command, '--ignore-scripts', '--no-audit', '--no-fund'];
  const {status, error} = spawnSync('npm', args, {cwd: root, stdio: 'inherit', shell: process.platform === 'win32'});
  if (status === 0) return;
  console.error(
    `\`npm ${args.join(' ')}\` failed${error ? ` (${error.message})` : ''}: see above; it needs the network once.`,
  );
  process.exit(1);
}

/** The first package of the lock file that is not installed in its version; `null` when all are. */
function whatIsMissing() {
  const wanted = packagesOf('package-lock.json');
  const present = packagesOf('node_modules/.package-lock.json');
  if (!present) return 'Packages are not installed';
  for (const [path, {version, optional, link}] of Object.entries(wanted)) {
    // Optional ones are for other platforms; links and folders of our own are not listed there by version.
    if (!path.startsWith('node_modules/') || optional || link) continue;
    if (present[path]?.version !== version) return `${path} is not at ${version}`;
  }
  return null;
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(join(root, lockFile), 'utf8')).packages;
  } catch {
    return null;
  }
}

/** Whether the set-up's stamp is that of the release and the addon in the sources. The set-up itself checks more, but takes longer. */
function engineIsReady() {
  try {
    const folder = join(root, 'node_modules/@tensorflow/tfjs-node-gpu');
    const stamp = JSON.parse(readFileSync(join(folder, 'deps/tfjs-hessian.json'), 'utf8'));
    const [release, addon] = ['libtensorflow', 'addon'].map(name =>
      JSON.parse(readFileSync(join(root, `src/engine/${name}.json`), 'utf8')),
    );
    const present = [...stamp.files.map(file => join('deps', file)), stamp.addon];
    const isThis = stamp.version === release.version && stamp.edition === addon.edition;
    return isThis && present.every(file => existsSync(join(folder, file)));
  } catch {
    return false;
  }
}

function setUpEngine() {
  const {status, stderr} = runTypeScript('src/cli/main.ts', ['setup', ...flags], 'pipe');
  if (status === 0) return;
  console.error(stderr.trim());
  if (engineRequired) process.exit(1);
  console.error(
    'Going on without the native engine: WebAssembly takes its place, which is far slower and cannot train convolutions.',
  );
}

/** Whether the browser that was found and started once is still there. */
function browserIsReady() {
  if (process.env.CHROME_PATH) return false;
  try {
    const {path} = JSON.parse(readFileSync(join(root, 'node_modules/.cache/tfjs-hessian/chromium.json'), 'utf8'));
    return existsSync(path);
  } catch {
    return false;
  }
}

/** Whether there is a Firefox with its display. */
function firefoxIsReady() {
  return process.platform !== 'linux' || ((isInPath('firefox-esr') || isInPath('firefox')) && isInPath('Xvfb'));
}

/** Whether there is a Redis for the tests. One that is named is checked. */
function redisIsReady() {
  return !process.env.REDIS_SERVER && isInPath('redis-server');
}

function isInPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some(folder => existsSync(join(folder, name)));
}

function bring(script) {
  const {status} = runTypeScript(script, [], 'inherit');
  if (status !== 0) process.exit(1);
}

function runTypeScript(file, args, stderr) {
  const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
  const options = {cwd: root, stdio: ['inherit', 'inherit', stderr], encoding: 'utf8'};
  return spawnSync(process.execPath, [tsx, join(root, file), ...args], options);
}
