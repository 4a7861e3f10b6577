import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {InvalidArgumentError} from '../src/errors.js';
import type {ConfigName} from './config.js';

export interface Options {
  readonly config: ConfigName;
  /** The folder for the trainings' records. */
  readonly work: string;
  /** The folder of the compact records. */
  readonly records: string;
  /** The folder for the document and its pictures. */
  readonly docs: string;
  /** Makes pictures and document only from the compact records. */
  readonly figures: boolean;
  /** Makes pictures and document from the finished trainings, however many. */
  readonly soFar: boolean;
  readonly workers: number;
  /** The folder of CIFAR-10's files. */
  readonly cifar: string | null;
}

export const help = `Reruns the claims of Sankar et al. (AAAI 2021) on Hessian spectra and the trace penalty.

  npm run study                     the whole study; stop it whenever you like, and run it again to go on
  npm run study -- --figures        the document and its pictures, from the records alone
  npm run study -- --so-far         the same from what is finished of a run that is under way or was stopped
  npm run study -- --quick          all of it on a small scale, within five minutes, in a folder of its own
  npm run study -- --ci             still smaller, within a minute

  --out <folder>     where everything goes; by default records grow in out/study, and the whole study's end up in
                     study/records and docs/study.md
  --cifar <folder>   CIFAR-10 as well: a folder with data_batch_1.bin, …, test_batch.bin
  --workers <n>      processes, of one thread each; default 2
  --help`;

const root = fileURLToPath(new URL('..', import.meta.url));

/** @throws InvalidArgumentError. `null`: help was asked for. */
export function readOptions(args: readonly string[]): Options | null {
  const {values} = parseArgs({
    args: [...args],
    options: {
      quick: {type: 'boolean', default: false},
      ci: {type: 'boolean', default: false},
      'so-far': {type: 'boolean', default: false},
      figures: {type: 'boolean', default: false},
      out: {type: 'string'},
      cifar: {type: 'string'},
      workers: {type: 'string', default: '2'},
      help: {type: 'boolean', default: false},
    },
  });
  if (values.help) return null;
  if (values.quick && values.ci) throw new InvalidArgumentError('--quick and --ci are two sizes; give one of them.');
  const workers = Number(values.workers);
  if (!Number.isInteger(workers) || workers < 1) {
    throw new InvalidArgumentError(`--workers is ${values.workers}; it must be a whole number of at least 1.`);
  }
  const config = values.ci ? 'ci' : values.quick ? 'quick' : 'full';
  const isPublished = config === 'full' && values.out === undefined && values.cifar === undefined;
  const work = values.out ?? join(root, 'out/study', values.cifar === undefined ? config : `${config}-cifar`);
  return {
    config,
    work,
    records: isPublished ? join(root, 'study/records') : join(work, 'records'),
    docs: isPublished ? join(root, 'docs') : work,
    figures: values.figures,
    soFar: values['so-far'],
    workers,
    cifar: values.cifar ?? null,
  };
}
