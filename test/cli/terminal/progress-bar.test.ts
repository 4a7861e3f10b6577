import {join} from 'node:path';
import {PassThrough} from 'node:stream';
import {afterEach, expect, it, vi} from 'vitest';
import {progressBar, progressCounter} from '../../../src/cli/terminal/progress-bar.js';
import {repository, runSource} from '../../engine/run-source.js';
import {needs} from '../../needs.js';

afterEach(() => vi.restoreAllMocks());

/** A stream that collects what is written, as a terminal or a pipe. */
function stream(isTTY: boolean) {
  const target = Object.assign(new PassThrough(), {isTTY, columns: 80, rows: 24, cursorTo() {}, moveCursor() {}});
  const written = () => (target.read() as Buffer | null)?.toString() ?? '';
  return {target: target as unknown as NodeJS.WriteStream, written};
}

it('shows progress on a terminal, and removes the bar at the end', () => {
  const {target, written} = stream(true);
  const bar = progressBar('product {value} of 4', 4, {stream: target});
  bar.update(3);
  bar.note('batch 1 of 2');
  bar.log('a line');
  expect(written()).toMatch(/a line\n.*product 3 of 4 batch 1 of 2/);
  bar.update(9);
  bar.log('another line');
  // At most the total.
  expect(written()).toMatch(/another line\n.*product 4 of 4/);
  bar.stop();
  // The cursor is visible again.
  expect(written()).toContain(`${String.fromCharCode(27)}[?25h`);
});

it(
  'ends with its process at the first Ctrl-C, and shows the cursor again',
  needs(process.platform !== 'win32', 'Windows has no signals.'),
  async () => {
    const script = `
    import {progressBar} from ${JSON.stringify(join(repository, 'src/cli/terminal/progress-bar.ts'))};
    const bar = progressBar('{value}', 2, {stream: Object.assign(process.stderr, {isTTY: true, cursorTo() {}, moveCursor() {}})});
    bar.update(1);
    setTimeout(() => process.kill(process.pid, 'SIGINT'), 50);
    setTimeout(() => console.log('still here'), 20_000);`;
    const {code, stdout, stderr} = await runSource(['--input-type=module', '-e', script]);
    expect({code, stdout}).toEqual({code: 130, stdout: ''});
    expect(stderr).toContain(`${String.fromCharCode(27)}[?25h`);
  },
);

it('writes only its lines to a pipe', () => {
  const {target, written} = stream(false);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const bar = progressBar('product {value} of 4', 4, {stream: target});
  bar.increment();
  bar.note('batch 1 of 2');
  bar.log('a line');
  bar.stop();
  const counter = progressCounter('samples', target);
  counter.increment();
  counter.stop();
  expect(written()).toBe('');
  expect(log.mock.calls).toEqual([['a line']]);
});
