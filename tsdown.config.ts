import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {defineConfig} from 'tsdown';
import {bundlePage} from './scripts/bundle-page.js';
import {bundledLicenses} from './scripts/bundled-licenses.js';
import {pureConstants} from './scripts/pure-constants.js';
import {minifyTakenIn, takenInChunks} from './scripts/taken-in.js';

// Its entry is CommonJS, whose wrapper asks for `node:module`; its source is made of ES modules.
const mlMatrixSource = fileURLToPath(new URL('./node_modules/ml-matrix/src/index.js', import.meta.url));

const shared = {
  format: 'esm',
  dts: true,
  target: 'es2022',
  outDir: 'dist',
  fixedExtension: false,
} as const;

export default defineConfig([
  // One build, so that an error is of the same class wherever it comes from. That nothing of Node gets into what runs in
  // browsers is held by the imports' rules.
  // What package.json does not name as a dependency is taken in.
  {
    ...shared,
    entry: {
      index: 'src/index.ts',
      cluster: 'src/cluster.ts',
      estimators: 'src/estimators.ts',
      keras: 'src/keras.ts',
      metrics: 'src/metrics.ts',
      rules: 'src/rules.ts',
      node: 'src/node.ts',
      sinks: 'src/sinks.ts',
      dashboard: 'src/dashboard.ts',
      // A script that `dashboard.js` starts, which it finds beside it.
      'node-page-worker': 'src/node-page-worker.ts',
      // A script that `node-worker.js` loads, which it finds beside it.
      'node-report': 'src/node-report.ts',
      cli: 'src/cli/main.ts',
    },
    platform: 'node',
    alias: {'ml-matrix': mlMatrixSource},
    outputOptions: {chunkFileNames: 'shared-[name]-[hash].js', codeSplitting: takenInChunks},
    plugins: [pureConstants(), minifyTakenIn(), bundledLicenses('THIRD-PARTY-LICENSES.txt')],
    clean: true,
    // The dashboard's page is read as it is.
    hooks: {
      'build:done': async ({options: {outDir}}) => {
        const {script, style, licenses} = await bundlePage();
        writeFileSync(join(outDir, 'dashboard-page.js'), script);
        writeFileSync(join(outDir, 'dashboard-page.css'), style);
        writeFileSync(join(outDir, 'dashboard-page.licenses.md'), licenses);
      },
    },
  },
  // A script that `index.js` starts, which it finds beside it, and which imports it.
  {
    ...shared,
    entry: {'node-worker': 'src/node-worker.ts'},
    platform: 'node',
    deps: {neverBundle: ['./index.js', './node-report.js']},
    dts: false,
    clean: false,
  },
  // One script for a page without a bundler, which finds TensorFlow.js and RxJS in `tf` and `rxjs`.
  {
    entry: {'tfjs-hessian.min': 'src/script.ts'},
    format: 'iife',
    globalName: 'tfjsHessian',
    platform: 'browser',
    target: 'es2022',
    outDir: 'dist',
    outExtensions: () => ({js: '.js'}),
    outputOptions: {
      entryFileNames: '[name].js',
      globals: {'@tensorflow/tfjs-core': 'tf', '@tensorflow/tfjs-layers': 'tf', rxjs: 'rxjs'},
    },
    alias: {'ml-matrix': mlMatrixSource},
    // A worker thread of Node is not started from a script.
    define: {'import.meta.url': '""'},
    minify: true,
    banner: {
      js: '/*! tfjs-hessian, Apache-2.0; the licenses of what is bundled are in THIRD-PARTY-LICENSES.txt of the package. */',
    },
    dts: false,
    clean: false,
  },
]);
