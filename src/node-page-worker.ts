// The worker thread behind `dashboard()`: it keeps what is known of the trainings and serves their page.
import {parentPort, workerData} from 'node:worker_threads';
import {RunBook} from './dashboard/runs/run-book.js';
import {countHandled} from './dashboard/server/backlog.js';
import type {FromPage, PageNews, PageStart, ToPage} from './dashboard/server/page-messages.js';
import type {PageServer} from './dashboard/server/page-server.js';
import {servePage} from './dashboard/server/page-server.js';
import {InvalidArgumentError} from './errors.js';

const {place, files, handled} = workerData as PageStart;
const port = parentPort!;
const book = new RunBook();
let isTelling = false;

const tell = (message: FromPage): void => port.postMessage(message);

function take(news: PageNews): void {
  if (news.kind === 'sample') book.add(news.sample);
  else if (news.kind === 'note') book.addNote(news.note);
  else if (news.kind === 'penalty') book.addPenalty(news.point);
  else book.end();
}

function nameOf(news: PageNews): string {
  if (news.kind === 'sample') return `sample ${news.sample.index} of run ${news.sample.run}`;
  return news.kind === 'note' ? news.note.kind : news.kind;
}

function follow(server: PageServer): void {
  port.on('message', async (message: ToPage) => {
    if (message.kind === 'close') {
      await server.flush();
      await server.close();
      port.close();
      return;
    }
    if (message.kind === 'flush') {
      await server.flush();
      countHandled(handled);
      return;
    }
    try {
      take(message);
    } catch (error) {
      tell({kind: 'fault', what: `could not write ${nameOf(message)}`, error: error as Error});
    }
    countHandled(handled);
    if (isTelling) return;
    isTelling = true;
    // Once for all messages that have come.
    setImmediate(() => {
      isTelling = false;
      tell({kind: 'handled'});
    });
  });
  tell({kind: 'open', url: server.url});
}

servePage(book, place, files).then(follow, (error: Error) =>
  tell({kind: 'refused', error, isInvalid: error instanceof InvalidArgumentError}),
);
