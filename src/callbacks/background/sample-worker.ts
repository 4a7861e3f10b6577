/** A worker whose script calls `serveSamples`, seen from the thread that trains. A web worker is one. */
export interface SampleWorker {
  postMessage(message: unknown): void;
  /** `message` carries the worker's answers in `data`; `error` says that it died or could not start. */
  addEventListener(type: 'message' | 'error', listener: (event: SampleWorkerEvent) => void): void;
  terminate(): unknown;
  /** In Node, makes the worker keep the process alive; `unref` undoes it. */
  ref?(): void;
  unref?(): void;
}

export interface SampleWorkerEvent {
  readonly data?: unknown;
  readonly message?: string;
}
