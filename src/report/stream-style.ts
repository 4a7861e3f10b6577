import type {TerminalStyle} from './terminal-style.js';

/** The capabilities of a stream. A pipe counts as 80 columns wide, without colors. */
export function terminalStyle(stream: NodeJS.WriteStream = process.stdout): TerminalStyle {
  return {
    width: Math.min(stream.isTTY ? (stream.columns ?? 80) : 80, 120),
    unicode: hasUnicode(process.platform, process.env),
    // Respects NO_COLOR, which --no-color sets.
    color: Boolean(stream.isTTY) && stream.hasColors(),
  };
}

/** Whether the encoding of the terminal is UTF-8, by the environment variables of POSIX and Windows. */
export function hasUnicode(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): boolean {
  const {LC_ALL, LC_CTYPE, LANG, WT_SESSION, TERM_PROGRAM} = environment;
  const encoding = LC_ALL || LC_CTYPE || LANG;
  if (platform === 'win32') return Boolean(WT_SESSION || TERM_PROGRAM) || /utf-?8/i.test(encoding ?? '');
  // macOS always uses UTF-8.
  if (encoding === undefined || encoding === '') return platform === 'darwin';
  return /utf-?8/i.test(encoding);
}
