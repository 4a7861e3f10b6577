// What an operator and its workers say to each other through Redis. Long bytes lie in payloads beside it.
import {isText} from '../../arguments/kinds.js';
import {isRecord} from '../../arguments/options.js';
import {isPayload, type Payload} from './payload.js';

/** What an operator says of itself. */
export interface OperatorRecord {
  /** The version of this package. Others may compute other numbers. */
  readonly package: string;
}

/** What an operator asks a worker for. */
export type WireRequest =
  | {readonly type: 'open'; readonly backend: string; readonly setup: Payload; readonly memoryLimit: number | null}
  | {readonly type: 'batch'; readonly batch: number; readonly payload: Payload}
  | {readonly type: 'run'; readonly id: number; readonly task: Payload; readonly batches: readonly number[]}
  | {readonly type: 'cancel'; readonly id: number};

/** What a worker says to an operator. */
export type WireAnswer =
  | {readonly type: 'join'}
  /** It does not join, and why. */
  | {readonly type: 'refuse'; readonly message: string}
  | {readonly type: 'have'; readonly batch: number}
  | {readonly type: 'answer'; readonly id: number; readonly payload: Payload}
  | {readonly type: 'error'; readonly id: number; readonly error: {readonly name: string; readonly message: string}}
  /** It ends, and why. */
  | {readonly type: 'death'; readonly message: string};

type Checks<Message extends {readonly type: string}> = {
  readonly [Type in Message['type']]: (message: Record<string, unknown>) => boolean;
};

const requests: Checks<WireRequest> = {
  open: ({backend, setup, memoryLimit}) =>
    isText(backend) && isPayload(setup) && (memoryLimit === null || (memoryLimit as number) >= 0),
  batch: ({batch, payload}) => isCount(batch) && isPayload(payload),
  run: ({id, task, batches}) => isCount(id) && isPayload(task) && Array.isArray(batches) && batches.every(isCount),
  cancel: ({id}) => isCount(id),
};

const answers: Checks<WireAnswer> = {
  join: () => true,
  refuse: ({message}) => typeof message === 'string',
  have: ({batch}) => isCount(batch),
  answer: ({id, payload}) => isCount(id) && isPayload(payload),
  error: ({id, error}) =>
    isCount(id) && isRecord(error) && typeof error.name === 'string' && typeof error.message === 'string',
  death: ({message}) => typeof message === 'string',
};

export const isWireRequest = (value: unknown): value is WireRequest => hasForm(requests, value);
export const isWireAnswer = (value: unknown): value is WireAnswer => hasForm(answers, value);

function hasForm(checks: Readonly<Record<string, (message: Record<string, unknown>) => boolean>>, value: unknown) {
  return (
    isRecord(value) && typeof value.type === 'string' && Object.hasOwn(checks, value.type) && checks[value.type]!(value)
  );
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
