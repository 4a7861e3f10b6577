import {TfjsHessianError} from '../../../errors.js';
import {type Checkpoint, courses, isMeasured} from '../../../report/checkpoints/checkpoint.js';
import {checkpointText} from '../../../report/checkpoints/checkpoint-table.js';
import type {ReportFacts} from '../../../report/facts.js';
import {terminalStyle} from '../../../report/stream-style.js';
import {blockPicture} from '../../../report/terminal-picture.js';
import {spelled} from '../../../report/terminal-style.js';
import {toError} from '../../../streams/shielded.js';
import {untilSignal} from '../../terminal/stoppable.js';
import {describe, workFacts} from '../facts.js';
import {measureModel, type Prepared, prepare, readSavedModel} from '../measure-model.js';
import type {ReportFlags} from '../report-flags.js';
import {writeReport, writerOf} from '../write-report.js';
import {checkpointProgress} from './checkpoint-progress.js';
import {checkpointJson, checkpointWriters} from './checkpoint-writers.js';
import type {ClusterFlags} from './cluster-flags.js';
import {type FoundCheckpoint, findCheckpoints} from './find-checkpoints.js';
import type {Measured} from './measured.js';

/**
 * Reports the spectra of many saved models on the same data. A signal stops the work; what is finished is reported.
 *
 * @param given paths and glob patterns.
 * @param cluster where workers measure them; `null`: here, one after the other.
 * @throws InvalidArgumentError if an input is wrong; after the report, TfjsHessianError if a checkpoint has no spectra.
 */
export async function reportCheckpoints(
  given: readonly string[],
  flags: ReportFlags,
  cluster: ClusterFlags | null = null,
): Promise<void> {
  const {out, json} = flags;
  const isFile = out !== undefined && out !== '-';
  const write = isFile ? await writerOf(out, checkpointWriters) : null;
  const measure = cluster === null ? measureHere : (await import('./measure-on-cluster.js')).measuringOn(cluster);
  const found = await findCheckpoints(given);
  const prepared = await prepare(flags);
  await untilSignal(async signal => {
    const {checkpoints, batches, failure = null} = await measure(found, prepared, flags, signal);
    if (failure !== null && checkpoints.length === 0) throw failure;
    const facts = factsOf(checkpoints, found.length, batches, prepared, flags);
    if (write !== null) writeReport(out!, write(checkpoints, facts));
    if (json) console.log(checkpointJson(checkpoints));
    else if (isFile) console.log(`${out}: ${facts.title}.`);
    else console.log(asText(checkpoints, facts, process.stdout.isTTY || out === '-'));
    signal.throwIfAborted();
    if (failure !== null) throw failure;
    const failed = checkpoints.filter(each => !isMeasured(each)).length;
    if (failed > 0) throw withoutSpectra(failed, found.length);
  });
}

async function measureHere(
  found: readonly FoundCheckpoint[],
  prepared: Prepared,
  flags: ReportFlags,
  signal: AbortSignal,
): Promise<Measured> {
  const checkpoints: Checkpoint[] = [];
  const progress = checkpointProgress(found.length);
  let batches = 0;
  try {
    for (const [i, {name, path}] of found.entries()) {
      if (signal.aborted) break;
      try {
        const args = {
          signal,
          announces: batches === 0,
          progress: (unit: 'batch' | 'product') => (unit === 'product' ? progress.within(i) : () => {}),
        };
        const measured = await measureModel(readSavedModel(path), path, prepared, flags, args);
        const {loss, spectra} = measured;
        ({batches} = measured);
        checkpoints.push({name, path, loss, spectra});
      } catch (error) {
        if (signal.aborted) break;
        checkpoints.push({name, path, error: toError(error).message});
      }
      progress.ended(i);
    }
  } finally {
    progress.stop();
  }
  return {checkpoints, batches};
}

function factsOf(
  checkpoints: readonly Checkpoint[],
  found: number,
  batches: number,
  {data, engine}: Prepared,
  flags: ReportFlags,
): ReportFacts {
  const failed = checkpoints.filter(each => !isMeasured(each)).length;
  const measured = checkpoints.length - failed;
  const rest = found - checkpoints.length;
  const counted = `${found} checkpoint${found === 1 ? '' : 's'}`;
  const parts = [
    ...(failed + rest > 0 ? [`${measured} with spectra`] : []),
    ...(failed > 0 ? [`${failed} without`] : []),
    ...(rest > 0 ? [`stopped before ${rest}`] : []),
  ];
  return {
    title: `Hessian of ${counted}${parts.length > 0 ? ` (${parts.join(', ')})` : ''}`,
    details: workFacts(flags, {rows: data.x[0]!.shape[0]!, batches: Math.max(1, batches), engine}),
  };
}

/** The picture has the density of each checkpoint's network. */
function asText(checkpoints: readonly Checkpoint[], facts: ReportFacts, hasPicture: boolean): string {
  const style = terminalStyle();
  const [network] = courses(checkpoints);
  const picture =
    hasPicture && network !== undefined
      ? [
          blockPicture(
            network.points.map(({checkpoint: {name}, block}) => ({...block, label: name})),
            style,
          ),
          '',
        ]
      : [];
  const words = spelled([facts.title, describe(facts), ''].join('\n'), style);
  return [words, ...picture, spelled(checkpointText(checkpoints), style)].join('\n');
}

function withoutSpectra(failed: number, found: number): TfjsHessianError {
  const verb = failed === 1 ? 'has' : 'have';
  return new TfjsHessianError(`${failed} of ${found} checkpoints ${verb} no spectra; the report says why.`);
}
