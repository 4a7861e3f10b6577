import {basename} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {optional} from 'valibot';
import {text} from '../../arguments/kinds.js';
import {optionsOf} from '../../arguments/options.js';
import {InvalidArgumentError} from '../../errors.js';
import type {PlaceArgs} from '../server/page-server.js';
import {placeEntries, servePage} from '../server/page-server.js';
import {RunFollower} from './follow-run.js';
import {RunBook} from './run-book.js';

/** Milliseconds between two looks at a file. */
const PAUSE = 500;

export interface WatchArgs extends PlaceArgs {
  /** A run to compare with. */
  readonly compare?: string;
}

const watchArgs = optionsOf<WatchArgs>('watch')({...placeEntries, compare: optional(text('the name of a file'))});

export interface Watch {
  /** Where the page is, with its token. */
  readonly url: string;
  /** Rejects where a file cannot be followed any more; resolves when the page was closed. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves the page on a run's file, and follows the file as it grows.
 *
 * @throws InvalidArgumentError for a file that is no run, and where the port cannot be opened.
 */
export async function watchFiles(path: string, args?: WatchArgs): Promise<Watch> {
  const {compare, ...place} = watchArgs(args);
  const book = new RunBook();
  // The first one is read last: the newest run is the one that the page shows.
  const paths = compare === undefined ? [path] : [compare, path];
  if (compare === path) throw new InvalidArgumentError(`${path} cannot be compared with itself; name another run.`);
  const followers = paths.map(file => {
    const source = paths.every(other => other === file || basename(other) !== basename(file)) ? basename(file) : file;
    return new RunFollower(file, {
      onSample: sample => book.add(sample, source),
      onRestart: () => book.forget(source),
    });
  });
  const server = await servePage(book, place);
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
    // Rejects where the signal ends the wait, which is no failure.
    await pause(PAUSE, undefined, {signal}).catch(() => {});
    for (const follower of followers) if (!signal.aborted) await follower.read();
  }
}
