import {parseHTML} from 'linkedom';

/** An empty document for drawing without a browser. */
export function pageDocument(): Document {
  return parseHTML('<html></html>').document;
}
