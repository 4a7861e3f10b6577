import type {ReportRequest} from '../../cluster/reports/report-messages.js';
import {fromExactJson, toExactJson} from '../../exact-json.js';
import {joined, type SavedModel} from '../../keras/loading/model-file.js';

/** A saved model as a message to a worker. */
export function sentModel({weightData, ...rest}: SavedModel): Pick<ReportRequest, 'topology' | 'weights'> {
  return {topology: toExactJson(rest), weights: new Uint8Array(weightData as ArrayBuffer)};
}

/** The saved model of a message. */
export function receivedModel({topology, weights}: Pick<ReportRequest, 'topology' | 'weights'>): SavedModel {
  return {...(fromExactJson(topology) as SavedModel), weightData: joined([weights])};
}
