import {basename} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {optional} from 'valibot';
import {functionOrAsync, text} from '../../arguments/kinds.js';
import {optionsOf} from '../../arguments/options.js';
import {InvalidArgumentError} from '../../errors.js';
import {isUnreadable} from '../../sinks/run-lines.js';
import {pageFiles} from '../server/page-files.js';
import type {PlaceArgs} from '../server/page-server.js';
import {placeEntries, servePage} from '../server/page-server.js';
import {RunFollower} from './follow-run.js';
import {RunBook} from './run-book.js';

/** The time between two reads of a file, in milliseconds. */
const PAUSE = 500;

export interface WatchArgs extends PlaceArgs {
  /** The file of a run for comparison. */
  readonly compare?: string;
  /** Gets a line when a file can no longer be read, and when it can be again. Default: prints it to standard error. */
  readonly warn?: (line: string) => void;
}

const watchArgs = optionsOf<WatchArgs>('watch')({
  ...placeEntries,
  compare: optional(text('the name of a file')),
  warn: optional(functionOrAsync<(line: string) => void>('a function that takes a line')),
});

export interface Watch {
  /** The URL of the page, with its token. */
  readonly url: string;
  /** Rejects at a line that is not a sample; resolves when the server is closed. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** A file that is followed. */
interface Followed {
  /** @throws InvalidArgumentError if there is no such file, or it is not a run. */
  readFirst(): Promise<void>;
  /** Reads what is new; says if the file cannot be read. */
  read(): Promise<void>;
}

/**
 * Serves the page for the file of a run, and follows the file as it grows. The samples of a file that is deleted or cannot be
 * read for a while stay on the page; it is followed again once it is back.
 *
 * @throws InvalidArgumentError if the file is not a run, or if the port cannot be opened.
 */
export async function watchFiles(path: string, args?: WatchArgs): Promise<Watch> {
  const {compare, warn = line => console.error(line), ...place} = watchArgs(args);
  const book = new RunBook();
  // The first file is read last, since the page shows the newest run.
  const paths = compare === undefined ? [path] : [compare, path];
  if (compare === path) throw new InvalidArgumentError(`${path} cannot be compared with itself; name another run.`);
  const followed = paths.map((file): Followed => {
    const source = paths.every(other => other === file || basename(other) !== basename(file)) ? basename(file) : file;
    const follower = new RunFollower(file, {
      onSample: sample => book.add(sample, source),
      onNote: note => book.addNote(note, source),
      onRestart: () => book.forget(source),
    });
    let isMissing = false;
    return {
      readFirst: () => follower.read(),
      async read() {
        try {
          await follower.read();
        } catch (error) {
          if (!isUnreadable(error)) throw error;
          if (isMissing) return;
          isMissing = true;
          warn(`${(error as Error).message} Its samples stay on the page, which follows it again once it is back.`);
          book.end(source);
          return;
        }
        if (isMissing) warn(`${file} can be read again.`);
        isMissing = false;
      },
    };
  });
  const server = await servePage(book, place, await pageFiles());
  try {
    for (const {readFirst} of followed) await readFirst();
  } catch (error) {
    await server.close();
    throw error;
  }
  const closing = new AbortController();
  return {
    url: server.url,
    ended: follow(followed, closing.signal).finally(() => server.close()),
    close() {
      closing.abort();
      return server.close();
    },
  };
}

async function follow(followed: readonly Followed[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Rejects if the signal ends the wait, which is not a failure.
    await pause(PAUSE, undefined, {signal}).catch(() => {});
    for (const {read} of followed) if (!signal.aborted) await read();
  }
}
