import {chromiumPath} from '../chromium.js';

/** Before the tests that run in a browser: says what is missing where there is none. */
export default function setup(): void {
  chromiumPath();
}
