import cliProgress from 'cli-progress';
import {hasUnicode} from '../../report/stream-style.js';
import {onStop} from './stoppable.js';

/** A progress bar on a terminal; in a pipe, a line every ten seconds. */
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

/** A function that removes the bar, so that the terminal gets its cursor back. Ctrl-C, SIGTERM and the process' end call it too. */
function stopped(takeAway: () => void): () => void {
  let isThere = true;
  const stop = () => {
    if (!isThere) return;
    isThere = false;
    undo();
    process.off('exit', stop);
    takeAway();
  };
  const undo = onStop(stop);
  process.on('exit', stop);
  return stop;
}

/** The time between two lines in a pipe, in milliseconds. */
const BETWEEN_LINES = 10_000;

/** Lines in place of a bar. Short work has none. */
function progressLines(text: string, stream: NodeJS.WriteStream): ProgressBar {
  let last = performance.now();
  let [value, note] = [0, ''];
  const show = () => {
    if (performance.now() - last < BETWEEN_LINES) return;
    last = performance.now();
    stream.write(`${text.replace('{value}', String(value))}${note && `, ${note}`}\n`);
  };
  return {
    increment(by = 1) {
      value += by;
      show();
    },
    update(to) {
      value = to;
      show();
    },
    note(now) {
      note = now;
    },
    log: line => console.log(line),
    stop() {},
  };
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
  if (isQuiet) return {increment() {}, update() {}, note() {}, log: line => console.log(line), stop() {}};
  if (!stream.isTTY) return progressLines(text, stream);
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
