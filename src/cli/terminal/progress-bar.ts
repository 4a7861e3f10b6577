import cliProgress from 'cli-progress';
import {hasUnicode} from './terminal.js';

/** How far something is: a bar on a terminal, nothing in a pipe. */
export interface ProgressBar {
  increment(by?: number): void;
  update(value: number): void;
  /** What else there is to say, behind the text. */
  note(text: string): void;
  /** Prints a line, above the bar where there is one. */
  log(line: string): void;
  /** Takes the bar away. */
  stop(): void;
}

export interface ProgressBarArgs {
  /** Shows nothing; default false. */
  readonly isQuiet?: boolean;
  /** Default: standard error, so that a pipe gets the result alone. */
  readonly stream?: NodeJS.WriteStream;
}

/** `gracefulExit` would take Ctrl-C for the bar's alone, and go on. */
const shared = {hideCursor: true, clearOnComplete: true, gracefulExit: false} as const;

/** What takes a bar away, which Ctrl-C does too: the terminal gets its cursor back, and the process ends as it would. */
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
 * A bar of so many steps.
 *
 * @param text what stands behind it; `{value}` is replaced.
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

/** How many there were until now, on a terminal, where nobody knows how many there will be. */
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
