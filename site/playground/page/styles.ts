import livePage from '../../../src/dashboard/page/page.css?inline';
import own from './playground.css?inline';

/** The style of the live page, within the playground only, and the playground's own. */
export default function styles(): HTMLStyleElement {
  const made = document.createElement('style');
  made.textContent = `.playground {\n${livePage}\n}\n${own}`;
  return made;
}
