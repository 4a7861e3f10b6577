import type {RunFacts, SampleNotice} from '../answers.js';
import type {Connection} from './state.js';

export interface ConnectionListener {
  onConnection(connection: Connection): void;
  onRuns(runs: readonly RunFacts[]): void;
  onSample(notice: SampleNotice, facts: RunFacts | null): void;
  onPenalty(): void;
  /** What was heard before is of another server, or too long ago. */
  onReset(): void;
}

/** Milliseconds: three heartbeats. */
const SILENCE = 31_000;
const PAUSE = 2000;

/** Hears what the server tells, again and again where the connection breaks, and goes on after what was heard last. */
export function connect(listener: ConnectionListener): void {
  let heard: string | null = null;
  let silence: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    const source = new EventSource(heard === null ? 'events' : `events?after=${encodeURIComponent(heard)}`);
    const again = () => {
      source.close();
      clearTimeout(silence);
      listener.onConnection('lost');
      setTimeout(open, PAUSE);
    };
    const listen = <T>(name: string, hear: (data: T) => void) =>
      source.addEventListener(name, event => {
        if (event.lastEventId !== '') heard = event.lastEventId;
        clearTimeout(silence);
        silence = setTimeout(again, SILENCE);
        hear(JSON.parse(event.data) as T);
      });
    source.onopen = () => listener.onConnection('live');
    source.onerror = () => {
      // The browser tries again by itself, with the id of the last event, unless it was refused.
      if (source.readyState === EventSource.CLOSED) again();
      else listener.onConnection('lost');
    };
    listen('heartbeat', () => {});
    listen('runs', (runs: RunFacts[]) => listener.onRuns(runs));
    listen('reset', () => listener.onReset());
    listen('sample', ({notice, facts}: {notice: SampleNotice; facts: RunFacts | null}) =>
      listener.onSample(notice, facts),
    );
    listen('penalty', () => listener.onPenalty());
  };
  open();
}
