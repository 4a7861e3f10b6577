import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {inPath} from './in-path.js';

/** The Redis that the tests start: `REDIS_SERVER`, or `redis-server` in the path. */
export function findRedis(): string | undefined {
  const named = process.env.REDIS_SERVER;
  if (named) {
    if (!existsSync(named)) throw new Error(`REDIS_SERVER is "${named}", which does not exist.`);
    return named;
  }
  return inPath('redis-server', ['/usr/bin', '/usr/local/bin']);
}

export const noRedis =
  'there is no redis-server here. `npm test` installs it with apt and says what it tried; the environment variable REDIS_SERVER ' +
  'names one by hand.';

/** A Redis of its own for a test, on the loopback. */
export interface TestRedis {
  readonly port: number;
  readonly url: string;
  /** Kills it, as a lost machine would be, and keeps its files. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with what its files have. */
  start(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

export interface TestRedisArgs {
  /** Whether it writes each command to its file before it answers; default false: it forgets all when it is killed. */
  readonly persists?: boolean;
  readonly password?: string;
  /** A user with a password, who may do only what Redis' rules of access say. The default user has no rights then. */
  readonly user?: {readonly name: string; readonly password: string; readonly rules: readonly string[]};
  /** Paths of a certificate and its key, for TLS alone. */
  readonly tls?: {readonly cert: string; readonly key: string};
}

/** Starts a Redis on a free port. */
export async function startRedis({persists = false, password, user, tls}: TestRedisArgs = {}): Promise<TestRedis> {
  const path = findRedis();
  if (path === undefined) throw new Error(noRedis);
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-redis-'));
  const files = persists ? ['--appendonly', 'yes'] : ['--appendonly', 'no'];
  const args = [
    ...['--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    ...(tls === undefined ? ['--port', String(port)] : tlsArgs(port, tls)),
    ...files,
    ...(password === undefined ? [] : ['--requirepass', password]),
    ...(user === undefined
      ? []
      : ['--user', 'default', 'off', '--user', user.name, 'on', `>${user.password}`, ...user.rules]),
  ];
  let child: ChildProcess | null = null;
  const kill = async () => {
    if (child === null) return;
    const ended = new Promise(resolve => child!.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    child = null;
  };
  const start = () =>
    new Promise<void>((resolve, reject) => {
      child = spawn(path, args, {stdio: ['ignore', 'pipe', 'inherit']});
      child.once('error', reject);
      child.once('exit', code => reject(new Error(`redis-server ended with ${code}.`)));
      let said = '';
      child.stdout!.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-10_000);
        if (said.includes('Ready to accept connections')) resolve();
      });
    });
  await start();
  const login = user ? `${user.name}:${user.password}@` : password === undefined ? '' : `:${password}@`;
  return {
    port,
    url: `${tls === undefined ? 'redis' : 'rediss'}://${login}127.0.0.1:${port}`,
    kill,
    start,
    async stop() {
      await kill();
      rmSync(folder, {recursive: true, force: true});
    },
  };
}

function tlsArgs(port: number, {cert, key}: {readonly cert: string; readonly key: string}): string[] {
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
  return ['--port', '0', '--tls-port', String(port), ...files, '--tls-auth-clients', 'no'];
}

/** A port of the loopback that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const {port} = server.address() as {port: number};
      server.close(() => resolve(port));
    });
  });
}
