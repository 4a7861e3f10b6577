// Tests the claims of Sankar, Khasbage, Vigneswaran & Balasubramanian (AAAI 2021) with this package.
//
//   npm run study [-- --quick | --ci | --figures | --help]
//
// The results are in docs/study.md, which is made from the records in study/records.
import {loadTensorFlow} from 'tfjs-hessian/node';
import {TfjsHessianError} from '../src/errors.js';
import {configs, withCifar} from './config.js';
import type {Options} from './options.js';
import {help, readOptions} from './options.js';
import {RecordFolder} from './records/folder.js';
import {loadRecords} from './records/load.js';
import {pack} from './records/pack.js';
import {describeRun} from './records/run-record.js';
import {writeDocument} from './report/document.js';
import {conduct} from './runner/conduct.js';

try {
  const options = readOptions(process.argv.slice(2));
  if (options === null) console.log(help);
  else await study(options);
} catch (error) {
  // For an unknown option, Node throws a TypeError.
  if (!(error instanceof TfjsHessianError) && !(error instanceof TypeError && 'code' in error)) throw error;
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function study({
  cifar,
  workers,
  work,
  figures,
  soFar,
  docs,
  records: target,
  ...options
}: Options): Promise<void> {
  const config = cifar === null ? configs[options.config] : withCifar(configs[options.config]);
  if (!figures && !soFar) await conduct({config, records: new RecordFolder(work), workers, cifar});
  const {tf, engine} = await loadTensorFlow();
  if (!figures) {
    const folder = new RecordFolder(work);
    await pack(folder, describeRun(folder, {config, workers, engine}), target);
  }
  for (const path of await writeDocument(tf, await loadRecords(target), docs)) console.log(path);
}
