import {existsSync, readFileSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {hostname} from 'node:os';
import {describe, expect, it} from 'vitest';
import {withLock} from '../../src/engine/lock.js';
import {useFolder} from '../sinks/use-folder.js';

const inFolder = useFolder();

/** A process that ends at once has this id no more. */
const NOBODY = 2 ** 22 + 1;

describe('withLock', () => {
  it.each(['', '{', '{"pid":4', 'null', '7', '"text"', '[]', '{}', '{"pid":4}', '{"host":"here"}', '\0\0\0'])(
    'takes the torn lock %j for a lock: it waits until that is gone',
    async text => {
      const file = inFolder('lock');
      writeFileSync(file, text);
      const owners: string[] = [];
      let isDone = false;
      const onWait = (owner: string): void => {
        owners.push(owner);
        expect(isDone).toBe(false);
        setTimeout(() => rmSync(file));
      };
      await withLock(file, onWait, async () => {
        isDone = true;
        expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({pid: process.pid, host: hostname()});
      });
      expect(isDone).toBe(true);
      expect(owners).toEqual(['a process that has not said its name']);
      expect(existsSync(file)).toBe(false);
    },
  );

  it.each(['', '{"pid":4', 'null', JSON.stringify({pid: 1, host: 'another host'})])(
    'takes over the lock %j when nobody has touched it for a minute',
    async text => {
      const file = inFolder('lock');
      writeFileSync(file, text);
      utimesSync(file, new Date(), new Date(Date.now() - 61_000));
      expect(
        await withLock(
          file,
          () => expect.unreachable(),
          async () => 'done',
        ),
      ).toBe('done');
    },
  );

  it('takes over the lock of a process of this host that has ended', async () => {
    const file = inFolder('lock');
    writeFileSync(file, JSON.stringify({pid: NOBODY, host: hostname()}));
    expect(
      await withLock(
        file,
        () => expect.unreachable(),
        async () => 'done',
      ),
    ).toBe('done');
  });
});
