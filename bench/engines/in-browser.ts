import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {chromium} from 'playwright-core';
import {chromiumArgs, chromiumPath} from '../../test/chromium.js';
import type {EngineRecord} from '../harness/record.js';
import type {EngineArgs} from './measure-engine.js';

const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Measures an engine in headless Chromium, which renders in software. */
export async function measureInBrowser(engine: 'webgl' | 'webgpu', args: EngineArgs): Promise<EngineRecord> {
  const {outputFiles} = await build({
    entryPoints: [local('page.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    tsconfig: local('../../tsconfig.json'),
    logLevel: 'silent',
  });
  const script = outputFiles[0]!.text;
  // WebGPU is only there for pages that come from a server.
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><meta charset="utf-8"><script src="page.js"></script>');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({args: [...chromiumArgs], executablePath: chromiumPath()});
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const {network, ...measured} = await page.evaluate(([name, given]) => window.measure(name, given), [
      engine,
      args,
    ] as const);
    return {...measured, network: `${network}; Chromium, software rendering`};
  } finally {
    await browser.close();
    server.close();
  }
}
