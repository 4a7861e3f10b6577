import {InvalidArgumentError} from '../../errors.js';

/** Where Redis is, and how to log in. What is not given has the default of Redis: port 6379, database 0, no password. */
export interface RedisConnection {
  /** The host. Default: `127.0.0.1`. */
  readonly host?: string;
  /** The port. Default: 6379. */
  readonly port?: number;
  /** The user of Redis' access control list. Default: Redis' own user `default`. */
  readonly username?: string;
  /** The password. Default: none. */
  readonly password?: string;
  /** The number of the database. Default: 0. */
  readonly db?: number;
  /** Whether the connection is encrypted; an object has options of Node's `tls.connect`, such as `ca`. Default: false. */
  readonly tls?: boolean | object;
}

/** The environment variable that has the URL of Redis, with its password. */
export const VARIABLE = 'TFJS_HESSIAN_REDIS';

/** An address of Redis that was checked. */
export interface RedisAddress {
  readonly options: {
    readonly host: string;
    readonly port: number;
    readonly db: number;
    readonly username?: string;
    readonly password?: string;
    readonly tls?: object;
  };
  /** The address for messages, without user and password. */
  readonly shown: string;
  /** A text of others for messages, without the password. */
  readonly mask: (text: string) => string;
}

/** What an address must be, for messages: on the command line, and in code. */
const URL_RULE = `must be a URL, 'redis://host:6379' ('rediss://…' with TLS)`;
const RULE = `${URL_RULE}, or {host, port, username, password, db, tls}`;

/**
 * Reads an address that is a URL, as on a command line.
 *
 * @param name what messages call the option.
 * @param given default: the URL in the environment variable `TFJS_HESSIAN_REDIS`.
 * @throws InvalidArgumentError if it is no URL of Redis.
 */
export function redisUrl(name: string, given: string | undefined = process.env[VARIABLE] || undefined): RedisAddress {
  if (given === undefined) throw withoutAddress(name, URL_RULE);
  return fromUrl(name, URL_RULE, given);
}

/**
 * Reads an address. Messages never have its value, which may contain a password.
 *
 * @param name what messages call the option.
 * @param given default: the URL in the environment variable `TFJS_HESSIAN_REDIS`.
 * @throws InvalidArgumentError if it is no address of Redis.
 */
export function redisAddress(name: string, given: unknown = process.env[VARIABLE] || undefined): RedisAddress {
  if (given === undefined) throw withoutAddress(name, RULE);
  if (typeof given === 'string') return fromUrl(name, RULE, given);
  if (Object.prototype.toString.call(given) !== '[object Object]') {
    throw new InvalidArgumentError(`${name} is ${given === null ? 'null' : `a ${typeof given}`}; it ${RULE}.`);
  }
  return fromParts(name, given as Record<string, unknown>);
}

function withoutAddress(name: string, rule: string): InvalidArgumentError {
  return new InvalidArgumentError(`${name} is not given; it ${rule}, or the variable ${VARIABLE} has the URL.`);
}

function fromUrl(name: string, rule: string, text: string): RedisAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // Not its cause, which has the text.
    throw new InvalidArgumentError(`${name} is not a URL; it ${rule}.`);
  }
  const {protocol, hostname, port, username, password, pathname, search} = url;
  if (protocol !== 'redis:' && protocol !== 'rediss:') {
    throw new InvalidArgumentError(`${name} begins with "${protocol}//"; it ${rule}.`);
  }
  const [, db = '0'] = /^\/?(\d*)$/.exec(pathname) ?? [];
  if (!/^\/?\d*$/.test(pathname) || search !== '') {
    throw new InvalidArgumentError(
      `${name} has "${pathname}${search === '' ? '' : '?…'}" behind the host; there may be the number of a database, '/1', alone.`,
    );
  }
  return fromParts(name, {
    ...(hostname !== '' && {host: hostname.replace(/^\[(.*)\]$/, '$1')}),
    ...(port !== '' && {port: Number(port)}),
    ...(username !== '' && {username: decoded(name, username)}),
    ...(password !== '' && {password: decoded(name, password)}),
    db: Number(db),
    tls: protocol === 'rediss:',
  });
}

function decoded(name: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new InvalidArgumentError(`${name} has a "%" in its user or password that stands alone; write it as %25.`);
  }
}

const rules: Readonly<Record<keyof RedisConnection, readonly [(value: unknown) => boolean, string]>> = {
  host: [isText, 'a string that is not empty'],
  port: [value => isWhole(value, 1, 65_535), 'a whole number from 1 to 65535'],
  username: [isText, 'a string that is not empty'],
  password: [isText, 'a string that is not empty'],
  db: [value => isWhole(value, 0, 1_000_000), 'a whole number of at least 0'],
  tls: [
    value => typeof value === 'boolean' || (typeof value === 'object' && value !== null),
    'true, false or an object',
  ],
};

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

function fromParts(name: string, given: Record<string, unknown>): RedisAddress {
  for (const [part, value] of Object.entries(given)) {
    const known = Object.hasOwn(rules, part) ? rules[part as keyof RedisConnection] : undefined;
    if (known === undefined) {
      throw new InvalidArgumentError(
        `"${part}" is not an option of ${name}; there are: ${Object.keys(rules).join(', ')}.`,
      );
    }
    if (value !== undefined && !known[0](value)) {
      const shown = typeof value === 'number' && part !== 'password' ? String(value) : typeof value;
      throw new InvalidArgumentError(`${name}.${part} is ${shown}; it must be ${known[1]}.`);
    }
  }
  const {host = '127.0.0.1', port = 6379, db = 0, username, password, tls = false} = given as RedisConnection;
  const options = {
    ...{host, port, db},
    ...(username !== undefined && {username}),
    ...(password !== undefined && {password}),
    ...(tls !== false && {tls: tls === true ? {} : tls}),
  };
  const site = host.includes(':') ? `[${host}]` : host;
  return {
    options,
    shown: `${tls === false ? 'redis' : 'rediss'}://${site}:${port}${db === 0 ? '' : `/${db}`}`,
    mask: text => (password === undefined ? text : text.replaceAll(password, '***')),
  };
}
