import {randomBytes, timingSafeEqual} from 'node:crypto';
import type {IncomingMessage} from 'node:http';
import {isIP} from 'node:net';

/** Access to a page. */
export interface Access {
  /** The first part of each path. */
  readonly token: string;
  /** The host on which the server listens. */
  readonly host: string;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export function randomToken(): string {
  return randomBytes(24).toString('base64url');
}

/** Whether only this machine can reach a host. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host) || LOOPBACK.has(`[${host}]`);
}

/**
 * The path of a request after its token, or why the request is refused.
 *
 * Without the token, nothing is visible. A foreign page in a browser on this machine cannot read from the server even with
 * the token: its requests carry its own `Origin`, and if its name resolves to this machine (DNS rebinding), that name is the
 * `Host`. The port may differ, because of tunnels.
 */
export function admit({headers, url = ''}: IncomingMessage, {token, host}: Access): {path: string} | {refusal: string} {
  const asked = hostname(headers.host);
  if (asked === null || !isOurs(asked, host)) return {refusal: 'This host is not served.'};
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) {
    return {refusal: 'Other pages are not served.'};
  }
  const [, given = '', path = null] = /^\/([^/?]*)(?:\/(.*))?$/s.exec(url) ?? [];
  if (path === null || !isSame(given, token)) {
    return {refusal: 'The token is missing or wrong: open the whole URL that was printed.'};
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
  // Unlike a name, an address cannot be rebound.
  return !isLoopback(host) && (asked === host || isIP(asked.replace(/^\[(.*)\]$/, '$1')) !== 0);
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
