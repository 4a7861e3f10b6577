import {spawn} from 'node:child_process';

/** Opens a URL in the default browser. Without a browser, a message is printed. */
export function openBrowser(url: string): void {
  const opener: Partial<Record<NodeJS.Platform, readonly string[]>> = {
    darwin: ['open'],
    win32: ['cmd', '/c', 'start', ''],
  };
  const [command = '', ...args] = [...(opener[process.platform] ?? ['xdg-open']), url];
  spawn(command, args, {stdio: 'ignore', detached: true})
    .on('error', () => console.error(`No browser could be opened: ${command} was not found.`))
    .unref();
}
