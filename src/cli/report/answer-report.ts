import * as tf from '@tensorflow/tfjs-core';
import type {Report, ReportRequest} from '../../cluster/reports/report-messages.js';
import {type CustomObjects, noCustomObjects} from '../../keras/custom-objects.js';
import {useBackend} from '../../model/sent/use-backend.js';
import {measureModel} from './measure-model.js';
import {receivedModel} from './sent-model.js';

/** Computes the report that another process asks for, as `report` does. */
export async function answerReport(request: ReportRequest, custom: CustomObjects = noCustomObjects): Promise<Report> {
  const {backend, path, data, work} = request;
  await useBackend(backend);
  const {signal} = new AbortController();
  const args = {signal, announces: false, progress: () => () => {}};
  return measureModel(receivedModel(request), path, {tf, data, custom}, work, args);
}
