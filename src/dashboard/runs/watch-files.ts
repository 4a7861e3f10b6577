import {basename} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {optional} from 'valibot';
import {text} from '../../arguments/kinds.js';
import {optionsOf} from '../../arguments/options.js';
import {InvalidArgumentError} from '../../errors.js';
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
}

const watchArgs = optionsOf<WatchArgs>('watch')({...placeEntries, compare: optional(text('the name of a file'))});

export interface Watch {
  /** The URL of the page, with its token. */
  readonly url: string;
  /** Rejects if a file can no longer be followed; resolves when the server is closed. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves the page for the file of a run, and follows the file as it grows.
 *
 * @throws InvalidArgumentError if the file is not a run, or if the port cannot be opened.
 */
export async function watchFiles(path: string, args?: WatchArgs): Promise<Watch> {
  const {compare, ...place} = watchArgs(args);
  const book = new RunBook();
  // The first file is read last, since the page shows the newest run.
  const paths = compare === undefined ? [path] : [compare, path];
  if (compare === path) throw new InvalidArgumentError(`${path} cannot be compared with itself; name another run.`);
  const followers = paths.map(file => {
    const source = paths.every(other => other === file || basename(other) !== basename(file)) ? basename(file) : file;
    return new RunFollower(file, {
      onSample: sample => book.add(sample, source),
      onNote: note => book.addNote(note, source),
      onRestart: () => book.forget(source),
    });
  });
  const server = await servePage(book, place, await pageFiles());
  try {
    for (const follower of followers) await follower.read();
  } catch (error) {
    await server.close();
    throw error;
  }
  const closing = new AbortController();
  return {
    url: server.url,
    ended: follow(followers, closing.signal).finally(() => server.close()),
    close() {
      closing.abort();
      return server.close();
    },
  };
}

async function follow(followers: readonly RunFollower[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Rejects if the signal ends the wait, which is not a failure.
    await pause(PAUSE, undefined, {signal}).catch(() => {});
    for (const follower of followers) if (!signal.aborted) await follower.read();
  }
}
