import type {RunFacts, SampleNotice} from '../answers.js';
import type {Connection} from './state.js';

export interface ConnectionListener {
  onConnection(connection: Connection): void;
  onRuns(runs: readonly RunFacts[]): void;
  onSample(notice: SampleNotice, facts: RunFacts | null): void;
  /** Failures, logs or penalties have come. */
  onNotes(facts: readonly RunFacts[]): void;
  /** Earlier events are from another server, or too old. */
  onReset(): void;
}

/** The time without events after which the connection counts as lost, in milliseconds: three heartbeats. */
const SILENCE = 31_000;
const PAUSE = 2000;

/** Listens to the events of the server. Reconnects after a lost connection, and continues after the last event. */
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
      // The browser reconnects by itself, with the id of the last event, unless it was refused.
      if (source.readyState === EventSource.CLOSED) again();
      else listener.onConnection('lost');
    };
    listen('heartbeat', () => {});
    listen('runs', (runs: RunFacts[]) => listener.onRuns(runs));
    listen('reset', () => listener.onReset());
    listen('sample', ({notice, facts}: {notice: SampleNotice; facts: RunFacts | null}) =>
      listener.onSample(notice, facts),
    );
    listen('note', (facts: RunFacts[]) => listener.onNotes(facts));
  };
  open();
}
