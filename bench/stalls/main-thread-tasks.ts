/** An event of Chromium's trace. Times are in microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** The processor time of the thread. */
  readonly tdur?: number;
  readonly args?: {readonly name?: string; readonly data?: {readonly url?: string; readonly functionName?: string}};
}

/** What a thread did without a break. Times are in milliseconds. */
export interface Task {
  readonly duration: number;
  readonly processor: number;
  /** What it consisted of, the longest first, each without what is inside it. */
  readonly parts: readonly {readonly name: string; readonly processor: number}[];
}

const MILLISECOND = 1000;

/** The tasks of the busiest page's main thread. */
export function mainThreadTasks(events: readonly TraceEvent[]): Task[] {
  const threads = events
    .filter(({name, args}) => name === 'thread_name' && args?.name === 'CrRendererMain')
    .map(({pid, tid}) =>
      events
        .filter(event => event.ph === 'X' && event.pid === pid && event.tid === tid)
        .sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0)),
    );
  const busy = (thread: readonly TraceEvent[]) => thread.reduce((sum, {tdur = 0}) => sum + tdur, 0);
  const thread = threads.reduce((best, each) => (busy(each) > busy(best) ? each : best), [] as TraceEvent[]);
  const tasks: Task[] = [];
  for (let i = 0; i < thread.length; ) {
    const task = thread[i]!;
    const end = task.ts + (task.dur ?? 0);
    const inside: TraceEvent[] = [];
    for (; i < thread.length && thread[i]!.ts <= end; i++) {
      if (thread[i] === task || thread[i]!.ts < end) inside.push(thread[i]!);
      else break;
    }
    if (inside.length === 0) i++;
    tasks.push({
      duration: (task.dur ?? 0) / MILLISECOND,
      processor: (task.tdur ?? 0) / MILLISECOND,
      parts: partsOf(inside),
    });
  }
  return tasks;
}

/** The processor time by name, each without the time of the events inside. */
function partsOf(events: readonly TraceEvent[]): Task['parts'] {
  const byName = new Map<string, number>();
  const add = (name: string, time: number) => byName.set(name, (byName.get(name) ?? 0) + time / MILLISECOND);
  const open: TraceEvent[] = [];
  for (const event of events) {
    while (open.length > 0 && open.at(-1)!.ts + (open.at(-1)!.dur ?? 0) <= event.ts) open.pop();
    add(nameOf(event), event.tdur ?? 0);
    if (open.length > 0) add(nameOf(open.at(-1)!), -(event.tdur ?? 0));
    open.push(event);
  }
  return [...byName]
    .map(([name, processor]) => ({name, processor}))
    .sort((a, b) => b.processor - a.processor)
    .filter(({processor}) => processor >= 1);
}

function nameOf({name, args}: TraceEvent): string {
  const {functionName, url} = args?.data ?? {};
  const where = url === undefined ? '' : ` ${url.split('/').at(-1)}`;
  return functionName === undefined
    ? `${name}${name === 'EvaluateScript' ? where : ''}`
    : `${name} ${functionName}${where}`;
}
