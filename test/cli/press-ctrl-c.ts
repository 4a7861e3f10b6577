import {spawnSync} from 'node:child_process';

/**
 * Runs a command on a terminal, and presses Ctrl-C when it shows a text.
 *
 * @returns its exit code, all that it showed, and what went wrong with the terminal.
 */
export function pressCtrlC(text: string, command: readonly string[]): {code: number; shown: string; stderr: string} {
  const {stdout, stderr} = spawnSync('python3', ['-c', onTerminal, text, ...command], {encoding: 'utf8'});
  const {code, shown} = JSON.parse(stdout || '{}') as {code: number; shown: string};
  return {code, shown, stderr};
}

const onTerminal = `
import os, pty, sys, json
text, command = sys.argv[1].encode(), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(command[0], command)
shown, pressed = b'', False
while True:
    try:
        part = os.read(terminal, 65536)
    except OSError:
        break
    if not part:
        break
    shown += part
    if not pressed and text in shown:
        pressed = True
        os.write(terminal, b'\\x03')
status = os.waitpid(pid, 0)[1]
print(json.dumps({'code': os.waitstatus_to_exitcode(status), 'shown': shown.decode('utf8', 'replace')}))
`;
