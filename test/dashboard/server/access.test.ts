import type {IncomingHttpHeaders} from 'node:http';
import {request} from 'node:http';
import {networkInterfaces} from 'node:os';
import {Subject} from 'rxjs';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Dashboard} from '../../../src/dashboard.js';
import {dashboard} from '../../../src/dashboard.js';
import {InvalidArgumentError} from '../../../src/errors.js';
import {makeSample} from '../../sinks/make-sample.js';

let dash: Dashboard;
beforeAll(async () => {
  dash = await dashboard();
  dash.next(makeSample(0));
});
afterAll(() => dash.close());

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function ask(
  path: string,
  {method = 'GET', ...headers}: Record<string, string> = {},
  url: string = dash.url,
): Promise<Answer> {
  const {hostname, port, pathname} = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request(
      {hostname, port, method, path: path.replace('TOKEN', pathname.slice(1, -1)), headers},
      response => {
        let text = '';
        response.setEncoding('utf8').on('data', part => {
          text += part;
        });
        response.on('end', () => resolve({status: response.statusCode, headers: response.headers, text}));
      },
    );
    sent.on('error', reject).end();
  });
}

const port = () => new URL(dash.url).port;

describe('the server', () => {
  it('admits requests with the whole URL', async () => {
    expect(await ask('/TOKEN/')).toMatchObject({status: 200, text: expect.stringContaining('<!doctype html>')});
    expect(JSON.parse((await ask('/TOKEN/view?run=run-1&blocks=0')).text)).toMatchObject({samples: 1});
  });

  it.each(['/', '/wrong/', '/page.js', '/TOKENx/', '/TOKEN', '//TOKEN/', '/%00/view?run=run-1', '/TOKEn/../view'])(
    'refuses the path %s',
    async path => {
      const {status, text} = await ask(path);
      expect(status).toBe(403);
      expect(text).not.toContain('run-1');
    },
  );

  it.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', '192.168.0.1', '@'])(
    'refuses the host %j, whose name may resolve to this machine',
    async host => expect((await ask('/TOKEN/view?run=run-1', {host})).status).toBe(403),
  );

  it('admits requests through a tunnel of another port', async () => {
    expect((await ask('/TOKEN/', {host: 'localhost:9999'})).status).toBe(200);
  });

  it.each(['https://evil.example', 'null', 'http://127.0.0.1:1'])('refuses a page of %s', async origin => {
    expect((await ask('/TOKEN/view?run=run-1', {origin})).status).toBe(403);
    expect((await ask('/TOKEN/events', {origin})).status).toBe(403);
  });

  it('admits the page itself', async () => {
    expect((await ask('/TOKEN/view?run=run-1', {origin: `http://127.0.0.1:${port()}`})).status).toBe(200);
  });

  it('refuses requests that write', async () => {
    expect((await ask('/TOKEN/view?run=run-1', {method: 'POST'})).status).toBe(405);
  });

  it('admits requests from other machines, by address, with that option', async () => {
    const {url, close} = await dashboard({host: '0.0.0.0'});
    expect((await ask('/TOKEN/', {host: '192.168.0.1:80'}, url)).status).toBe(200);
    expect((await ask('/TOKEN/', {host: 'evil.example'}, url)).status).toBe(403);
    expect((await ask('/', {host: '192.168.0.1:80'}, url)).status).toBe(403);
    await close();
  });

  it('refuses other machines by default', async () => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find(address => address && !address.internal && address.family === 'IPv4');
    if (!outside) return;
    await expect(fetch(dash.url.replace('127.0.0.1', outside.address))).rejects.toThrow();
  });
});

describe('what is served', () => {
  it.each(['', 'page.js', 'view?run=run-1', 'table.csv?run=run-1', 'nothing'])(
    'has headers for %j that forbid foreign content',
    async path => {
      const {headers} = await ask(`/TOKEN/${path}`);
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers['access-control-allow-origin']).toBeUndefined();
    },
  );

  it('is not a file of the disk, nor a property of an object', async () => {
    for (const path of ['../package.json', '%2e%2e/package.json', 'constructor', '__proto__']) {
      expect((await ask(`/TOKEN/${path}`)).status, path).toBe(404);
    }
    expect((await ask('/TOKEN/view?run=none')).status).toBe(404);
  });

  it('has another token each time', async () => {
    const other = await dashboard();
    expect(new URL(other.url).pathname).not.toBe(new URL(dash.url).pathname);
    expect(new URL(other.url).pathname).toMatch(/^\/[\w-]{32}\/$/);
    await other.close();
  });
});

describe('a token that is given', () => {
  const token = 'correct-horse_battery-staple';

  it('is that of the URL, and is kept over a restart', async () => {
    const first = await dashboard({token});
    expect(new URL(first.url).pathname).toBe(`/${token}/`);
    await first.close();
    const second = await dashboard({token, port: Number(new URL(first.url).port)});
    expect(second.url).toBe(first.url);
    expect((await fetch(first.url)).status).toBe(200);
    expect((await fetch(first.url.replace(token, `${token}x`))).status).toBe(403);
    await second.close();
  });

  it.each(['', 'short', 'a'.repeat(129), 'slash/in/the/token', 'blank in the token', 'späte-umlaut-tokens'])(
    'is refused if it is %j',
    async bad => {
      await expect(dashboard({token: bad})).rejects.toThrow(InvalidArgumentError);
      await expect(dashboard({token: bad})).rejects.toThrow(/token is .*16 to 128 letters, digits, _ or -/);
    },
  );
});

describe('the sink', () => {
  it('throws at once if its port is taken or invalid', async () => {
    await expect(dashboard({port: Number(port())})).rejects.toThrow(InvalidArgumentError);
    await expect(dashboard({port: Number(port())})).rejects.toThrow(/another program uses it/);
    await expect(dashboard({port: 70_000})).rejects.toThrow('port is 70000; it must be a whole number from 0');
    await expect(dashboard({host: 'no.such.host.invalid'})).rejects.toThrow(InvalidArgumentError);
    await expect(dashboard({failures$: {} as never})).rejects.toThrow(InvalidArgumentError);
  });

  it('reports samples that it cannot show, and does not disturb the stream', async () => {
    const failures: string[] = [];
    const page = await dashboard({failures$: {next: ({error}) => failures.push(error.message)}});
    const samples$ = new Subject<ReturnType<typeof makeSample>>();
    samples$.subscribe(page);
    samples$.next({...makeSample(0), full: null as never});
    samples$.next(makeSample(1));
    samples$.complete();
    await page.closed;
    expect(failures).toEqual([expect.stringMatching(/^dashboard\(\) could not write sample 0 of run run-1: /)]);
    const view = await (await fetch(`${page.url}view?run=run-1&blocks=0`)).json();
    expect(view).toMatchObject({samples: 1, moments: {index: [1]}});
    await page.close();
    page.next(makeSample(2));
    expect(failures.at(-1)).toMatch(/its stream has ended/);
  });

  it('does not keep the process alive', async () => {
    const {runSource} = await import('../../engine/run-source.js');
    const script = `
import {dashboard} from ${JSON.stringify(new URL('../../../src/dashboard.ts', import.meta.url).href)};
import {once} from 'node:events';
import {connect} from 'node:net';
const page = await dashboard();
const {port, pathname} = new URL(page.url);
// An open page, like that of a browser.
const socket = connect(Number(port), '127.0.0.1');
socket.write('GET ' + pathname + 'events HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n');
const [data] = await once(socket, 'data');
socket.unref();
console.log(String(data).slice(0, 15));`;
    expect(await runSource(['--input-type=module', '-e', script])).toMatchObject({
      code: 0,
      stdout: 'HTTP/1.1 200 OK\n',
    });
  });
});
