// Makes the pictures of docs/concepts. The package measures each on a network so small that the exact values are known.
//
//   npx tsx scripts/concept-pictures.ts [names …] [--out docs/pictures] [--png]
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {toPng} from '../examples/mnist/picture/png.js';
import {draw as activationHessian} from './concept-pictures/activation-hessian.js';
import {draw as coupling} from './concept-pictures/coupling.js';
import {draw as dataSets} from './concept-pictures/data-sets.js';
import {draw as density} from './concept-pictures/density.js';
import {draw as errorBars} from './concept-pictures/error-bars.js';
import {draw as gaussNewtonAndFisher} from './concept-pictures/gauss-newton-and-fisher.js';
import {draw as lossSlice} from './concept-pictures/loss-slice.js';
import {draw as lossSurface} from './concept-pictures/loss-surface.js';
import {draw as metrics} from './concept-pictures/metrics.js';
import {draw as ritzValues} from './concept-pictures/ritz-values.js';
import {draw as sampleCurvature} from './concept-pictures/sample-curvature.js';
import {draw as similarity} from './concept-pictures/similarity.js';
import type {Subject} from './concept-pictures/subject.js';
import {makeSubject} from './concept-pictures/subject.js';
import {draw as trace} from './concept-pictures/trace.js';

const pictures: Record<string, (subject: Subject) => Promise<string>> = {
  trace,
  'ritz-values': ritzValues,
  'loss-slice': lossSlice,
  'loss-surface': lossSurface,
  density,
  'error-bars': errorBars,
  'gauss-newton-and-fisher': gaussNewtonAndFisher,
  similarity,
  'data-sets': dataSets,
  coupling,
  'sample-curvature': sampleCurvature,
  'activation-hessian': activationHessian,
  metrics,
};

const {values: options, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    out: {type: 'string', default: fileURLToPath(new URL('../docs/pictures', import.meta.url))},
    png: {type: 'boolean', default: false},
  },
});
const {out, png} = options;
const names = positionals.length > 0 ? positionals : Object.keys(pictures);
const unknown = names.filter(name => !(name in pictures));
if (unknown.length > 0)
  throw new RangeError(`No picture ${unknown.join(', ')}; there are ${Object.keys(pictures).join(', ')}.`);

const {tf} = await loadTensorFlow({warn: () => {}});
const subject = await makeSubject(tf);
mkdirSync(out, {recursive: true});
for (const name of names) {
  const svg = await pictures[name]!(subject);
  const path = join(out, `${name}.svg`);
  writeFileSync(path, svg);
  if (png) writeFileSync(path.replace(/svg$/, 'png'), toPng(svg));
  console.log(`${path}: ${(svg.length / 1000).toFixed(1)} kB`);
}
