import type {IncomingMessage, ServerResponse} from 'node:http';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {Readable} from 'node:stream';
import {optional} from 'valibot';
import {text, that} from '../../arguments/kinds.js';
import {InvalidArgumentError} from '../../errors.js';
import type {Ask} from '../answers.js';
import type {RunBook} from '../runs/run-book.js';
import {admit, randomToken} from './access.js';
import {EventStream} from './event-stream.js';
import type {PageFiles} from './page-files.js';
import {pageHtml} from './page-html.js';

/** The largest number of densities in a picture. */
const MOST_SPECTRA = 40;

const MOST_PORT = 65_535;

/** The address of a page. */
export interface PlaceArgs {
  /** The port; default 0, any free port. */
  readonly port?: number;
  /** The host; default `'127.0.0.1'`, this machine only. */
  readonly host?: string;
  /**
   * The token in the URL, so that an open page finds the server again after a restart on the same port: 16 to 128 letters, digits, `_`
   * or `-`. Whoever knows it can see the page. Default: another random one each time.
   */
  readonly token?: string;
}

export const placeEntries = {
  port: optional(
    that<number>(
      value => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST_PORT,
      `a whole number from 0 (any free port) to ${MOST_PORT}`,
    ),
    0,
  ),
  host: optional(text('a host name or an address of this machine'), '127.0.0.1'),
  token: optional(
    that<string>(
      value => typeof value === 'string' && /^[\w-]{16,128}$/.test(value),
      'a text of 16 to 128 letters, digits, _ or -, which nobody can guess',
    ),
  ),
};

/** `PlaceArgs` with their defaults. */
export type Place = Required<Omit<PlaceArgs, 'token'>> & Pick<PlaceArgs, 'token'>;

export interface PageServer {
  /** The URL with its token. */
  readonly url: string;
  /** Resolves when open pages have received all that is new, or do not read it. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

// Only files of this server may be loaded.
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/**
 * Serves the page for a book of runs.
 *
 * @throws InvalidArgumentError if the port cannot be opened.
 */
export async function servePage(
  book: RunBook,
  {port, host, token = randomToken()}: Place,
  files: PageFiles,
): Promise<PageServer> {
  const access = {token, host};
  const events = new EventStream(book);
  const routes: Record<string, (query: URLSearchParams, response: ServerResponse, request: IncomingMessage) => void> = {
    '': (_, response) => send(response, 'text/html', pageHtml),
    'page.js': (_, response) => send(response, 'text/javascript', files.script),
    'page.css': (_, response) => send(response, 'text/css', files.style),
    events: (query, response, {headers}) =>
      events.connect(response, (headers['last-event-id'] as string | undefined) ?? query.get('after')),
    view: (query, response) => {
      const ask = askOf(query);
      sendJson(response, book.run(ask.run)?.view(ask));
    },
    spectra: (query, response) => {
      const ask = askOf(query);
      const most = Math.max(2, Math.min(MOST_SPECTRA, Number(query.get('most')) || 0));
      sendJson(response, book.run(ask.run)?.spectraOf(ask, most));
    },
    'table.csv': (query, response) => {
      const ask = askOf(query);
      const run = book.run(ask.run);
      if (run === undefined) return refuse(response, 404, 'There is no such run.');
      response.setHeader('content-type', 'text/csv; charset=utf-8');
      Readable.from(run.table(ask)).pipe(response);
    },
  };
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const admitted = admit(request, access);
    if ('refusal' in admitted) return refuse(response, 403, admitted.refusal);
    if (request.method !== 'GET') return refuse(response, 405, 'Only GET is allowed.');
    const [path = '', query] = admitted.path.split(/\?(.*)/s);
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (route === undefined) return refuse(response, 404, 'Not found.');
    try {
      route(new URLSearchParams(query), response, request);
    } catch (error) {
      refuse(response, 500, (error as Error).message);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  }).catch(error => {
    events.close();
    throw cannotListen(port, host, error);
  });
  const {port: given} = server.address() as AddressInfo;
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${name}:${given}/${access.token}/`,
    flush: () => events.flush(),
    close() {
      events.close();
      return new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function askOf(query: URLSearchParams): Ask {
  const step = (name: string) => {
    const value = query.get(name);
    return value === null || !Number.isFinite(Number(value)) ? null : Number(value);
  };
  const blocks = (query.get('blocks') ?? '').split(',').filter(text => /^\d+$/.test(text));
  return {
    run: query.get('run') ?? '',
    blocks: [...new Set(blocks.map(Number))],
    from: step('from'),
    to: step('to'),
  };
}

function send(response: ServerResponse, type: string, body: string): void {
  response.setHeader('content-type', `${type}; charset=utf-8`);
  response.end(body);
}

function sendJson(response: ServerResponse, answer: unknown): void {
  if (answer === undefined) refuse(response, 404, 'There is no such run.');
  else send(response, 'application/json', JSON.stringify(answer));
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.statusCode = status;
  send(response, 'text/plain', `${why}\n`);
}

function cannotListen(port: number, host: string, error: unknown): InvalidArgumentError {
  const {code, message} = error as NodeJS.ErrnoException;
  const ways: Record<string, string> = {
    EADDRINUSE: 'another program uses it; choose another port, or 0 for any free one',
    EACCES: 'you may not open it; choose a port above 1023, or 0 for any free one',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'the name does not exist',
  };
  return new InvalidArgumentError(`Port ${port} of ${host} cannot be opened: ${ways[code ?? ''] ?? message}.`, {
    cause: error,
  });
}
