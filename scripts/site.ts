// Builds the documentation as a site of static files, into out/site.
//
//   npm run site [-- --serve [--port n] --base /path/ --out folder]
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {build, serve} from 'vitepress';
import {writeApiPages} from '../site/api-pages.js';
import {writeMnistImages} from '../site/mnist-images.js';
import {GENERATED, repository} from '../site/published.js';
import {writeSourcePages} from '../site/source-pages.js';

const {
  values: {serve: isServed, port, base, out},
} = parseArgs({
  options: {
    serve: {type: 'boolean'},
    port: {type: 'string', default: '4173'},
    base: {type: 'string', default: '/'},
    out: {type: 'string', default: join(repository, 'out/site')},
  },
});

rmSync(join(repository, GENERATED), {recursive: true, force: true});
await writeApiPages();
writeSourcePages();
writeMnistImages();
await build(join(repository, 'site'), {base, outDir: out});
if (isServed) await serve({root: join(repository, 'site'), base, port: Number(port)});
