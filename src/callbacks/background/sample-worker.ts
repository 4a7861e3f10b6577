/** A worker whose script calls `serveSamples`, seen from the thread that trains. A web worker is one. */
export interface SampleWorker {
  /** Sends a message to the worker. */
  postMessage(message: unknown): void;
  /** `message` carries the worker's answers in `data`; `error` says that it died or could not start. */
  addEventListener(type: 'message' | 'error', listener: (event: SampleWorkerEvent) => void): void;
  /** Stops the worker at once. */
  terminate(): unknown;
  /** In Node: the worker keeps the process alive. */
  ref?(): void;
  /** In Node: the worker does not keep the process alive. */
  unref?(): void;
}

/** A message or an error of a worker. */
export interface SampleWorkerEvent {
  readonly data?: unknown;
  readonly message?: string;
}
