// Tests the claims of Sankar, Khasbage, Vigneswaran & Balasubramanian (AAAI 2021) with this package.
//
//   npm run study [-- --quick | --ci | --figures | --part protocol | --help]
//
// The results are in docs/study.md, which is made from the records in study/records.
import {join} from 'node:path';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {Stopped, stoppable} from '../src/cli/terminal/stoppable.js';
import {TfjsHessianError} from '../src/errors.js';
import type {ComparisonPlan} from './comparison/plan.js';
import {comparisonPlans} from './comparison/plan.js';
import type {StudyConfig} from './config.js';
import {configs, withCifar} from './config.js';
import type {Options} from './options.js';
import {help, readOptions} from './options.js';
import {protocolJobs, protocolPlans} from './protocol/protocol-jobs.js';
import {protocolArms} from './protocol/settings.js';
import {RecordFolder} from './records/folder.js';
import {loadRecords} from './records/load.js';
import {pack} from './records/pack.js';
import {RecipeFolder} from './records/recipe-folder.js';
import {describeRun} from './records/run-record.js';
import {comparisonSection} from './report/comparison-section.js';
import {describeProtocol} from './report/describe-protocol.js';
import {writeDocument} from './report/document.js';
import {conduct} from './runner/conduct.js';
import {conductComparison} from './runner/conduct-comparison.js';
import {followAll} from './runner/follow-all.js';
import {Pool} from './runner/pool.js';

try {
  const options = readOptions(process.argv.slice(2));
  if (options === null) console.log(help);
  else await study(options);
} catch (error) {
  if (error instanceof Stopped) {
    console.error('Stopped. What is finished stays; run the study again to go on.');
    process.exit(error.exitCode);
  }
  // For an unknown option, Node throws a TypeError.
  if (!(error instanceof TfjsHessianError) && !(error instanceof TypeError && 'code' in error)) throw error;
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function study(options: Options): Promise<void> {
  const {cifar, figures, soFar, docs, parts, records: target} = options;
  const config = cifar === null ? configs[options.config] : withCifar(configs[options.config]);
  if (!figures && !soFar) await stoppable(signal => runParts(config, options, signal));
  const protocol = recipeFolder(options, 'protocol');
  const comparison = recipeFolder(options, 'comparison');
  const plan = comparisonPlans[options.config];
  if (!parts.includes('small')) {
    console.log(describeProtocol(protocol.all()));
    console.log(comparisonSection(plan, comparison.all()));
    return;
  }
  const {tf, engine} = await loadTensorFlow();
  if (!figures) {
    const folder = new RecordFolder(options.work);
    await pack(folder, describeRun(folder, {config, workers: options.workers, engine}), target);
  }
  const records = {
    ...{small: await loadRecords(target), comparison: comparison.all(), again: recipeFolder(options, 'again').all()},
    ...{protocol: protocol.all(), spectra: protocol.spectra()},
  };
  for (const path of await writeDocument(tf, records, plan, docs)) console.log(path);
}

/** @param signal ends the workers. Trainings that are finished stay. */
async function runParts(config: StudyConfig, options: Options, signal: AbortSignal): Promise<void> {
  const {workers, work, cifar, device, parts} = options;
  const pool = await Pool.start(workers, {config, folder: work, cifar, device});
  signal.addEventListener('abort', () => pool.stop());
  try {
    signal.throwIfAborted();
    if (parts.includes('protocol')) {
      const plan = protocolPlans[options.config];
      const jobs = protocolJobs({
        settings: options.settings ?? plan.settings,
        arms: options.arms === null ? plan.arms : protocolArms.filter(arm => options.arms!.includes(arm)),
        seeds: options.seeds ?? plan.seeds,
        smaller: {...plan.smaller, ...(options.epochs !== null && {epochs: options.epochs})},
      });
      await followAll('protocol', jobs, pool, recipeFolder(options, 'protocol'));
    }
    if (parts.includes('comparison')) {
      await conductComparison(comparisonPlan(options), pool, recipeFolder(options, 'comparison'));
    }
    if (parts.includes('small')) await conduct(pool, {config, records: new RecordFolder(work)});
  } finally {
    pool.stop();
  }
}

/** The configuration's plan, or the part of it that is asked for. */
function comparisonPlan({config, dataSets, budgets, arms, seeds}: Options): ComparisonPlan {
  const plan = comparisonPlans[config];
  return {
    ...plan,
    dataSets: plan.dataSets.filter(name => dataSets?.includes(name) ?? true),
    budgets: plan.budgets.filter(({name}) => budgets?.includes(name) ?? true),
    arms: plan.arms.filter(arm => arms?.includes(arm) ?? true),
    seeds: seeds ?? plan.seeds,
  };
}

function recipeFolder({records}: Options, part: 'protocol' | 'comparison' | 'again'): RecipeFolder {
  return new RecipeFolder(join(records, part));
}
