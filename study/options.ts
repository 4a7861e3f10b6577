import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {InvalidArgumentError} from '../src/errors.js';
import type {ComparedArm} from './comparison/plan.js';
import {comparedArms, comparisonPlans} from './comparison/plan.js';
import type {ConfigName, DataSetName} from './config.js';
import type {ProtocolArmName, ProtocolSettingName} from './protocol/settings.js';
import {protocolArms, protocolSettings} from './protocol/settings.js';

export const partNames = ['protocol', 'comparison', 'small'] as const;
export type PartName = (typeof partNames)[number];

export interface Options {
  readonly config: ConfigName;
  /** Which parts of the study run. */
  readonly parts: readonly PartName[];
  /** Of the paper's protocol; `null`: as the configuration has them. */
  readonly settings: readonly ProtocolSettingName[] | null;
  /** Of both; `null`: as the configuration has them. */
  readonly arms: readonly (ProtocolArmName | ComparedArm)[] | null;
  /** Of the comparison; `null`: all. */
  readonly dataSets: readonly DataSetName[] | null;
  /** Of the comparison; `null`: all. */
  readonly budgets: readonly string[] | null;
  /** Of both. */
  readonly seeds: number | null;
  /** Of the paper's protocol; `null`: as it has them. */
  readonly epochs: number | null;
  readonly device: 'cpu' | 'gpu';
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
  /** The folder of CIFAR's files. */
  readonly cifar: string | null;
}

export const help = `Reruns the claims of Sankar et al. (AAAI 2021) on Hessian spectra and the trace penalty.

  npm run study                     the whole study; stop it whenever you like, and run it again to go on
  npm run study -- --figures        the document and its pictures, from the records alone
  npm run study -- --so-far         the same from what is finished of a run that is under way or was stopped
  npm run study -- --quick          all of it on a small scale, within five minutes, in a folder of its own
  npm run study -- --ci             still smaller, within a minute

  --part <name>      only 'protocol' (the paper's own protocol, on all images), 'comparison' (regularizers, each tuned, on up to all
                     images) or 'small' (few images); all of them by default
  --setting <names>  settings of the paper's protocol, with commas:
                     ${Object.keys(protocolSettings).join(', ')}
  --arm <names>      of the paper's protocol: ${protocolArms.join(', ')};
                     of the comparison: ${comparedArms.join(', ')}
  --data-set <names> of the comparison: ${comparisonPlans.full.dataSets.join(', ')}
  --budget <names>   numbers of images of the comparison: ${budgetNames('full').join(', ')}
  --seeds <n>        trainings of each; default 5 in the paper's protocol, 10 in the comparison
  --epochs <n>       in the paper's protocol, fewer epochs than it has; documents say so
  --device gpu       trains on a GPU, with one worker
  --out <folder>     where everything goes; by default records grow in out/study, and the whole study's end up in
                     study/records and docs/study.md
  --cifar <folder>   the binary files of CIFAR-10 (data_batch_1.bin, …, test_batch.bin), with which the small part runs on it as
                     well, or those of CIFAR-100 (train.bin, test.bin)
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
      workers: {type: 'string'},
      part: {type: 'string'},
      setting: {type: 'string'},
      arm: {type: 'string'},
      'data-set': {type: 'string'},
      budget: {type: 'string'},
      seeds: {type: 'string'},
      epochs: {type: 'string'},
      device: {type: 'string', default: 'cpu'},
      help: {type: 'boolean', default: false},
    },
  });
  if (values.help) return null;
  if (values.quick && values.ci) throw new InvalidArgumentError('--quick and --ci are two sizes; give one of them.');
  const device = oneOf('--device', ['cpu', 'gpu'], values.device);
  const workers = countOf('--workers', values.workers) ?? (device === 'gpu' ? 1 : 2);
  const config = values.ci ? 'ci' : values.quick ? 'quick' : 'full';
  const isPublished = config === 'full' && values.out === undefined && values.cifar === undefined;
  const work = values.out ?? join(root, 'out/study', values.cifar === undefined ? config : `${config}-cifar`);
  return {
    config,
    parts: values.part === undefined ? partNames : [oneOf('--part', partNames, values.part)],
    settings: listOf('--setting', Object.keys(protocolSettings) as ProtocolSettingName[], values.setting),
    arms: listOf('--arm', [...new Set([...protocolArms, ...comparedArms])], values.arm),
    dataSets: listOf('--data-set', comparisonPlans[config].dataSets, values['data-set']),
    budgets: listOf('--budget', budgetNames(config), values.budget),
    seeds: countOf('--seeds', values.seeds),
    epochs: countOf('--epochs', values.epochs),
    device,
    work,
    records: isPublished ? join(root, 'study/records') : join(work, 'records'),
    docs: isPublished ? join(root, 'docs') : work,
    figures: values.figures,
    soFar: values['so-far'],
    workers,
    cifar: values.cifar ?? null,
  };
}

function budgetNames(config: ConfigName): string[] {
  return comparisonPlans[config].budgets.map(({name}) => name);
}

function countOf(option: string, value: string | undefined): number | null {
  if (value === undefined) return null;
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1) {
    throw new InvalidArgumentError(`${option} is ${value}; it must be a whole number of at least 1.`);
  }
  return count;
}

function oneOf<T extends string>(option: string, allowed: readonly T[], value: string): T {
  const found = allowed.find(name => name === value);
  if (found === undefined) {
    throw new InvalidArgumentError(`${option} is ${value}; it must be one of ${allowed.join(', ')}.`);
  }
  return found;
}

function listOf<T extends string>(option: string, allowed: readonly T[], value: string | undefined): T[] | null {
  return value?.split(',').map(name => oneOf(option, allowed, name.trim())) ?? null;
}
