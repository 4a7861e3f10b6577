// Installs the Firefox that the tests of pages run in too, and what it draws with. If that fails, it says what was tried and exits with 0,
// since all other tests can run.
//
//   npx tsx scripts/bring-firefox.ts
import {findFirefox, firefoxPackages} from '../test/firefox.js';
import {aptInstall, mayUseApt} from './apt.js';

const packages = ['--no-install-recommends', ...firefoxPackages];
const command = `\`apt-get install ${packages.join(' ')}\``;
if (!findFirefox()) bring();

function bring(): void {
  if (!mayUseApt()) {
    console.error(`No Firefox for the tests: ${command} needs Debian and root. Install them yourself.`);
    return;
  }
  console.log(`The tests also run in Firefox: trying ${command} …`);
  try {
    aptInstall(...packages);
  } catch (error) {
    console.error(`No Firefox for the tests:\n  ${command}: ${(error as Error).message}`);
  }
}
