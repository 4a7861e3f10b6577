/** A worker that serves samples (`serveSamples`), as its owner sees it: a web worker is one. */
export interface SampleWorker {
  postMessage(message: unknown): void;
  /** `message` with the worker's answers in `data`; `error` when it has died, or never lived. */
  addEventListener(type: 'message' | 'error', listener: (event: SampleWorkerEvent) => void): void;
  terminate(): unknown;
  /** In Node: whether the worker keeps the process alive. */
  ref?(): void;
  unref?(): void;
}

export interface SampleWorkerEvent {
  readonly data?: unknown;
  readonly message?: string;
}
