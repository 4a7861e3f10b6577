import cliProgress from 'cli-progress';
import {hasUnicode} from '../../report/stream-style.js';

/** A progress bar on a terminal; nothing in a pipe. */
export interface ProgressBar {
  increment(by?: number): void;
  update(value: number): void;
  /** Sets a note behind the text. */
  note(text: string): void;
  /** Prints a line, above the bar if there is one. */
  log(line: string): void;
  /** Removes the bar. */
  stop(): void;
}

export interface ProgressBarArgs {
  /** Whether nothing is shown; default false. */
  readonly isQuiet?: boolean;
  /** The stream; default: standard error, so that standard output has only the result. */
  readonly stream?: NodeJS.WriteStream;
}

/** With `gracefulExit`, Ctrl-C would stop only the bar and not the process. */
const shared = {hideCursor: true, clearOnComplete: true, gracefulExit: false} as const;

/**
 * A function that removes the bar. Ctrl-C calls it too, so that the terminal gets its cursor back, and then ends the process
 * as usual.
 */
function stopped(takeAway: () => void): () => void {
  const interrupt = () => {
    stop();
    process.kill(process.pid, 'SIGINT');
  };
  const stop = () => {
    process.off('SIGINT', interrupt);
    takeAway();
  };
  process.once('SIGINT', interrupt);
  return stop;
}

/**
 * A progress bar with a known total.
 *
 * @param text the text behind the bar; `{value}` is replaced.
 */
export function progressBar(
  text: string,
  total: number,
  {isQuiet = false, stream = process.stderr}: ProgressBarArgs = {},
): ProgressBar {
  if (isQuiet || !stream.isTTY) {
    return {increment() {}, update() {}, note() {}, log: line => console.log(line), stop() {}};
  }
  const signs = hasUnicode(process.platform, process.env)
    ? {barCompleteChar: '█', barIncompleteChar: '░'}
    : {barCompleteChar: '#', barIncompleteChar: '.'};
  const bars = new cliProgress.MultiBar({
    ...{stream, format: `{bar} ${text} {note}`, barsize: 24, ...shared, ...signs},
  });
  const bar = bars.create(total, 0, {note: ''});
  const stop = stopped(() => bars.stop());
  return {
    increment: by => bar.increment(by),
    update: value => bar.update(Math.min(total, value)),
    note: text => bar.update({note: text}),
    log(line) {
      bars.log(`${line}\n`);
      bars.update();
    },
    stop,
  };
}

/** A counter on a terminal, for an unknown total. */
export function progressCounter(
  what: string,
  stream: NodeJS.WriteStream = process.stderr,
): {readonly increment: () => void; readonly stop: () => void} {
  if (!stream.isTTY) return {increment() {}, stop() {}};
  const counter = new cliProgress.SingleBar({
    stream,
    format: `{value} ${what}`,
    hideCursor: true,
    clearOnComplete: true,
  });
  counter.start(0, 0);
  return {increment: () => counter.increment(), stop: stopped(() => counter.stop())};
}
