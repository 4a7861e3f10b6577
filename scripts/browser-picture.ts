// Makes the picture of the page that trains in the browser (examples/browser).
//
//   npx tsx scripts/browser-picture.ts [--out docs/pictures]
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {chromium} from 'playwright-core';
import {createServer} from 'vite';
import {chromiumArgs, chromiumPath} from '../test/chromium.js';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const {values: options} = parseArgs({options: {out: {type: 'string', default: at('docs/pictures')}}});

const server = await createServer({root: at('examples/browser'), logLevel: 'error', server: {port: 0}});
await server.listen();
const browser = await chromium.launch({executablePath: chromiumPath(), args: [...chromiumArgs]});
const page = await browser.newPage({viewport: {width: 1000, height: 920}});
await page.goto(`${server.resolvedUrls!.local[0]}?images=512&epochs=7&every=4`);
await page.getByText('Done.').waitFor({timeout: 600_000});
const path = join(options.out, 'browser.png');
await page.screenshot({path});
console.log(path, await page.getByRole('status').textContent());
await browser.close();
await server.close();
