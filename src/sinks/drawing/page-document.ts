import {parseHTML} from 'linkedom';

/** A document to draw in, without a browser. */
export function pageDocument(): Document {
  return parseHTML('<html></html>').document as unknown as Document;
}
