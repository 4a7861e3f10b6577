import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Readable} from 'node:stream';
import {defineBrowserProvider} from '@vitest/browser';
import type {BrowserProvider} from 'vitest/node';
import type {Firefox} from './firefox.js';

/** WebGL in software, no question to the user, and no talk with anybody outside. */
const preferences = {
  'webgl.force-enabled': true,
  'dom.max_script_run_time': 0,
  'dom.min_background_timeout_value': 4,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.sessionstore.resume_from_crash': false,
  'browser.safebrowsing.downloads.remote.enabled': false,
  'app.normandy.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.getAddons.cache.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,none/v1',
  'toolkit.telemetry.enabled': false,
};

/**
 * Lets vitest's browser mode run in the Firefox of the system, which Playwright does not drive. It only opens the page: a test cannot
 * ask it for more.
 */
export function installedFirefox(firefox: Firefox) {
  return defineBrowserProvider({
    name: 'firefox',
    supportedBrowser: ['firefox'],
    options: {},
    providerFactory: () => new InstalledFirefox(firefox),
  });
}

class InstalledFirefox implements BrowserProvider {
  readonly name = 'firefox';
  readonly supportsParallelism = false;
  readonly #firefox: Firefox;
  readonly #profile = mkdtempSync(join(tmpdir(), 'tfjs-hessian-firefox-'));
  readonly #running: ChildProcess[] = [];

  constructor(firefox: Firefox) {
    this.#firefox = firefox;
    const lines = Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`);
    writeFileSync(join(this.#profile, 'user.js'), lines.join('\n'));
  }

  getCommandsContext(): Record<string, never> {
    return {};
  }

  async openPage(_session: string, url: string): Promise<void> {
    await this.#stop();
    const server = spawn(
      this.#firefox.display,
      ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'],
      {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      },
    );
    this.#running.push(server);
    const ended = once(server, 'exit').then(([code]) => {
      throw new Error(`Xvfb, on which Firefox draws, ended with ${code}.`);
    });
    const [number] = await Promise.race([once(server.stdio[3] as Readable, 'data'), ended]);
    const env = {
      ...process.env,
      DISPLAY: `:${String(number).trim()}`,
      // Mesa's interpreter of shaders: a fifth of the time, since tests run each program a few times and llvmpipe compiles it.
      GALLIUM_DRIVER: 'softpipe',
      MOZ_CRASHREPORTER_DISABLE: '1',
    };
    const args = ['--no-remote', '--profile', this.#profile, url];
    this.#running.push(spawn(this.#firefox.path, args, {env, stdio: 'ignore'}));
  }

  async close(): Promise<void> {
    await this.#stop();
    rmSync(this.#profile, {recursive: true, force: true, maxRetries: 10});
  }

  /** The browser first, then its display. */
  async #stop(): Promise<void> {
    for (const child of this.#running.splice(0).reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    }
  }
}
