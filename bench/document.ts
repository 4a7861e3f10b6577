// Makes docs/performance.md and its picture again, from the newest results or from those named.
//
//   npx tsx bench/document.ts [bench/results/….json]
import {readdirSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {writeDocument} from './report/document.js';

const folder = fileURLToPath(new URL('results/', import.meta.url));
const newest = readdirSync(folder)
  .filter(name => name.endsWith('.json'))
  .sort()
  .at(-1);
const results = process.argv[2] ?? (newest && folder + newest);
if (results === undefined) throw new Error('There are no results yet; run `npm run bench`.');
for (const path of writeDocument(results)) console.log(path);
