// Writes samples until it is killed: `write-samples.ts <path> <first index>`. Says of each one that it is written.
import {ndjson} from '../../src/sinks/ndjson.js';
import {makeSample} from './make-sample.js';

const [path, first] = process.argv.slice(2) as [string, string];
const layers = Array.from({length: 60}, (_, i) => `layer_${i}`);
const sink = ndjson(path);
for (let index = Number(first); ; index++) {
  sink.next(makeSample(index, {layers}));
  process.stdout.write(`${index}\n`);
}
