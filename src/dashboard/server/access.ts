import {randomBytes, timingSafeEqual} from 'node:crypto';
import type {IncomingMessage} from 'node:http';
import {isIP} from 'node:net';

/** Who may see a page. */
export interface Access {
  /** The first part of each path. */
  readonly token: string;
  /** What the server listens on. */
  readonly host: string;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export function randomToken(): string {
  return randomBytes(24).toString('base64url');
}

/** Whether the server is asked from this machine alone. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host) || LOOPBACK.has(`[${host}]`);
}

/**
 * The rest of a request's path, after its token; or why it is refused.
 *
 * Whoever does not know the token sees nothing. A page elsewhere, which a browser on this machine shows, cannot get at the
 * server even with the token: its requests carry an `Origin` of theirs; and where a name of theirs leads to this machine
 * (DNS rebinding), that name is the `Host`. The port may be another one, of a tunnel.
 */
export function admit({headers, url = ''}: IncomingMessage, {token, host}: Access): {path: string} | {refusal: string} {
  const asked = hostname(headers.host);
  if (asked === null || !isOurs(asked, host)) return {refusal: 'This host is not served.'};
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) {
    return {refusal: 'Other pages are not served.'};
  }
  const [, given = '', path = null] = /^\/([^/?]*)(?:\/(.*))?$/s.exec(url) ?? [];
  if (path === null || !isSame(given, token)) {
    return {refusal: 'The token is missing or wrong: open the whole address, as it was printed.'};
  }
  return {path};
}

function hostname(host: string | undefined): string | null {
  try {
    return new URL(`http://${host}`).hostname;
  } catch {
    return null;
  }
}

function isOurs(asked: string, host: string): boolean {
  if (LOOPBACK.has(asked)) return true;
  // An address cannot be rebound, as a name can.
  return !isLoopback(host) && (asked === host || isIP(asked.replace(/^\[(.*)\]$/, '$1')) !== 0);
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
