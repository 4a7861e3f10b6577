import type {TerminalStyle} from '../../report/terminal-style.js';

/** What lines of text are written to: standard output, or standard error. */
export type TerminalStream = NodeJS.WriteStream;

/** What a stream can show. A pipe is as wide as a terminal usually is, and has no colours. */
export function terminalStyle(stream: TerminalStream = process.stdout): TerminalStyle {
  return {
    width: Math.min(stream.isTTY ? (stream.columns ?? 80) : 80, 120),
    unicode: hasUnicode(process.platform, process.env),
    // Heeds NO_COLOR, which --no-color sets.
    color: Boolean(stream.isTTY) && stream.hasColors(),
  };
}

/** Whether the terminal's encoding is UTF-8, as POSIX and Windows say it. */
export function hasUnicode(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): boolean {
  const {LC_ALL, LC_CTYPE, LANG, WT_SESSION, TERM_PROGRAM} = environment;
  const encoding = LC_ALL || LC_CTYPE || LANG;
  if (platform === 'win32') return Boolean(WT_SESSION || TERM_PROGRAM) || /utf-?8/i.test(encoding ?? '');
  // macOS has nothing else.
  if (encoding === undefined || encoding === '') return platform === 'darwin';
  return /utf-?8/i.test(encoding);
}
