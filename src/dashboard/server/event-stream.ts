import type {ServerResponse} from 'node:http';
import {waitAtMost} from '../../wait-at-most.js';
import type {RunFacts, SampleNotice} from '../answers.js';
import type {RunBook} from '../runs/run-book.js';
import {NoticeLog} from './notice-log.js';

/** The number of newest samples that a new page receives. */
const NEWEST = 50;
/** The number of unread bytes after which a page is disconnected. It reconnects and receives what it missed. */
const MOST_UNREAD = 4 << 20;
/** In milliseconds. */
const HEARTBEAT = 10_000;
const NOTE_PAUSE = 300;
const RETRY = 1000;
/** The time that pages may take to read what is left. A page that is not in front may be asleep. */
const FLUSHING = 1000;

/** A line that pages pass over. */
const COMMENT = ':\n\n';

/** Sends all open pages what happens, as server-sent events. */
export class EventStream {
  private readonly log = new NoticeLog<SampleNotice>();
  private readonly pages = new Set<ServerResponse>();
  private readonly heartbeat: NodeJS.Timeout;
  /** The runs with news besides samples that the pages do not know yet. */
  private readonly noted = new Set<string>();
  private notes: NodeJS.Timeout | null = null;
  private isClosed = false;

  constructor(private readonly book: RunBook) {
    this.heartbeat = setInterval(() => this.tell(event('heartbeat', null)), HEARTBEAT).unref();
    book.listen({
      onSample: notice => {
        const {id} = this.log.add(notice);
        this.tell(event('sample', this.sampleEvent(notice), id));
      },
      onNote: run => {
        this.noted.add(run);
        // There may be a penalty per step.
        this.notes ??= setTimeout(() => this.tellNotes(), NOTE_PAUSE).unref();
      },
      onForget: () => {
        this.log.clear();
        this.tell(event('reset', null) + event('runs', this.book.runs));
      },
      onEnd: () => this.tell(event('runs', this.book.runs)),
    });
  }

  /**
   * Connects a page.
   *
   * @param heard the id of the last event that the page received; `null` for a new page.
   */
  connect(response: ServerResponse, heard: string | null): void {
    response.writeHead(200, {'content-type': 'text/event-stream'});
    response.write(`retry: ${RETRY}\n\n${event('runs', this.book.runs)}`);
    const missed = heard === null ? null : this.log.after(heard);
    if (missed === null) response.write(event('reset', null));
    for (const {id, notice} of missed ?? this.log.newest(NEWEST)) {
      response.write(event('sample', this.sampleEvent(notice), id));
    }
    if (this.isClosed) response.end();
    this.pages.add(response);
    response.on('close', () => this.pages.delete(response));
  }

  /** Resolves when all was sent to the open pages. Does not wait long for those that do not read. */
  async flush(): Promise<void> {
    if (this.notes) this.tellNotes();
    const sent = [...this.pages].map(page => new Promise<void>(resolve => page.write(COMMENT, () => resolve())));
    await waitAtMost(FLUSHING, Promise.all(sent));
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.heartbeat);
    if (this.notes) clearTimeout(this.notes);
    for (const page of this.pages) page.end();
  }

  private tellNotes(): void {
    if (this.notes) clearTimeout(this.notes);
    this.notes = null;
    const facts = [...this.noted].flatMap(key => this.book.run(key)?.facts ?? []);
    this.noted.clear();
    this.tell(event('note', facts));
  }

  private sampleEvent(notice: SampleNotice): {notice: SampleNotice; facts: RunFacts | null} {
    return {notice, facts: this.book.run(notice.run)?.facts ?? null};
  }

  private tell(text: string): void {
    for (const page of this.pages) {
      if (page.writableLength > MOST_UNREAD) {
        this.pages.delete(page);
        page.destroy();
      } else {
        page.write(text);
      }
    }
  }
}

function event(name: string, data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
