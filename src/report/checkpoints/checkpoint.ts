import type {LayerwiseSpectra} from '../../metrics/records.js';
import {type ReportBlock, reportBlocks} from '../blocks.js';

/** The spectra of one of several saved models. */
export interface MeasuredCheckpoint {
  readonly name: string;
  readonly path: string;
  readonly loss: number;
  readonly spectra: LayerwiseSpectra;
}

/** A saved model without spectra, and why. */
export interface FailedCheckpoint {
  readonly name: string;
  readonly path: string;
  readonly error: string;
}

export type Checkpoint = MeasuredCheckpoint | FailedCheckpoint;

export function isMeasured(checkpoint: Checkpoint): checkpoint is MeasuredCheckpoint {
  return 'spectra' in checkpoint;
}

/** A block of the networks in all checkpoints that have it. */
export interface BlockCourse {
  readonly label: string;
  readonly points: readonly {readonly checkpoint: MeasuredCheckpoint; readonly block: ReportBlock}[];
}

/** The network, then the layers in the order in which they first appear. */
export function courses(checkpoints: readonly Checkpoint[]): BlockCourse[] {
  const found = new Map<string, {checkpoint: MeasuredCheckpoint; block: ReportBlock}[]>();
  for (const checkpoint of checkpoints.filter(isMeasured)) {
    for (const block of reportBlocks(checkpoint.spectra)) {
      // A layer may have the label of the network.
      const key = block.layer === null ? '' : `layer ${block.label}`;
      found.set(key, [...(found.get(key) ?? []), {checkpoint, block}]);
    }
  }
  return [...found.values()].map(points => ({label: points[0]!.block.label, points}));
}
