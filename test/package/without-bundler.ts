import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import * as esbuild from 'esbuild';
import type {Page} from 'playwright-core';

/** Opens a page that loads the package as a page without a bundler does, and then runs `entry` of `folder`. */
export type PlainPage = (page: Page, folder: string, entry: string) => Promise<void>;

const require = createRequire(import.meta.url);
const tensorFlow = join(require.resolve('@tensorflow/tfjs/package.json'), '..', 'dist');
const rxjs = join(require.resolve('rxjs/package.json'), '..', 'dist');

/** What a script calls the packages. */
const globals: Readonly<Record<string, string>> = {
  '@tensorflow/tfjs-core': 'tf',
  '@tensorflow/tfjs-layers': 'tf',
  rxjs: 'rxjs',
  'tfjs-hessian': 'tfjsHessian',
};

/** Scripts of which each leaves a global: TensorFlow.js, RxJS, this package, then the app. */
const withScripts: PlainPage = async (page, folder, entry) => {
  const {outputFiles} = await esbuild.build({
    absWorkingDir: folder,
    entryPoints: [entry],
    bundle: true,
    format: 'iife',
    write: false,
    plugins: [
      {
        name: 'globals',
        setup({onResolve, onLoad}) {
          // The engines are parts of the script of TensorFlow.js.
          onResolve({filter: /^[@\w]/}, ({path}) => ({path, namespace: 'globals'}));
          onLoad({filter: /./, namespace: 'globals'}, ({path}) => ({
            contents: `module.exports = ${globals[path] ?? '{}'};`,
          }));
        },
      },
    ],
  });
  const files = [
    join(tensorFlow, 'tf.min.js'),
    join(rxjs, 'bundles/rxjs.umd.min.js'),
    join(folder, 'node_modules/tfjs-hessian/dist/tfjs-hessian.min.js'),
  ];
  for (const path of files) await page.addScriptTag({path});
  await page.addScriptTag({content: outputFiles[0]!.text});
};

const ORIGIN = 'http://plain.example';

/** Modules whose names an import map resolves. */
const withImportMap: PlainPage = async (page, folder, entry) => {
  const {outputFiles} = await esbuild.build({
    entryPoints: [join(rxjs, 'esm/index.js')],
    bundle: true,
    format: 'esm',
    write: false,
  });
  // The engines are parts of the module of TensorFlow.js.
  const parts = ['core', 'layers', 'backend-cpu', 'backend-webgl'].map(part => `@tensorflow/tfjs-${part}`);
  const imports = {
    ...Object.fromEntries(parts.map(part => [part, '/tf.js'])),
    rxjs: '/rxjs.js',
    'tfjs-hessian': '/node_modules/tfjs-hessian/dist/index.js',
  };
  await page.route(`${ORIGIN}/**`, route => {
    const {pathname} = new URL(route.request().url());
    const contentType = 'text/javascript';
    if (pathname === '/') {
      const map = `<script type="importmap">${JSON.stringify({imports})}</script>`;
      return route.fulfill({contentType: 'text/html', body: `${map}<script type="module" src="/${entry}"></script>`});
    }
    // A CDN makes such a module of the package.
    if (pathname === '/rxjs.js') return route.fulfill({contentType, body: outputFiles[0]!.text});
    const path = pathname === '/tf.js' ? join(tensorFlow, 'tf.fesm.min.js') : join(folder, pathname);
    return route.fulfill({contentType, body: readFileSync(path)});
  });
  await page.goto(ORIGIN);
};

export const plainPages: Readonly<Record<string, PlainPage>> = {scripts: withScripts, 'an import map': withImportMap};
