import {PassThrough} from 'node:stream';
import {describe, expect, it} from 'vitest';
import {hasUnicode, terminalStyle} from '../../src/report/stream-style.js';

describe('a terminal', () => {
  it.each([
    ['linux', {LANG: 'en_US.UTF-8'}, true],
    ['linux', {LANG: 'de_DE.utf8'}, true],
    ['linux', {LC_ALL: 'C', LANG: 'en_US.UTF-8'}, false],
    ['linux', {LANG: 'en_US.ISO-8859-1'}, false],
    ['linux', {}, false],
    ['darwin', {}, true],
    ['win32', {WT_SESSION: '1'}, true],
    ['win32', {}, false],
  ] as const)('on %s with %j shows more than ASCII: %s', (platform, environment, expected) => {
    expect(hasUnicode(platform, environment)).toBe(expected);
  });

  const terminal = (columns: number, hasColors: boolean) =>
    Object.assign(new PassThrough(), {
      isTTY: true,
      columns,
      hasColors: () => hasColors,
    }) as unknown as NodeJS.WriteStream;

  it('has its own width up to 120 columns; a pipe has 80 columns and no colors', () => {
    expect(terminalStyle(terminal(60, true))).toMatchObject({width: 60, color: true});
    expect(terminalStyle(terminal(300, false))).toMatchObject({width: 120, color: false});
    expect(terminalStyle(new PassThrough() as unknown as NodeJS.WriteStream)).toMatchObject({width: 80, color: false});
  });
});
