import type {ArrayData, NamedArrays} from '../../../src/cli/report/data/array-data.js';
import {parseNpy} from '../../../src/cli/report/data/npy.js';

/** The signatures of the parts of a zip file. */
const END = 0x06054b50;
const ENTRY = 0x02014b50;

/**
 * Lists the arrays of a file from `np.savez` or `np.savez_compressed`, by name: a zip of `<name>.npy`. Only those that are
 * asked for are unpacked.
 *
 * @throws Error for another format.
 */
export async function npzArrays(file: File): Promise<NamedArrays> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const view = new DataView(bytes.buffer);
  const refuse = () => new Error(`${file.name} cannot be read as .npz; write it with np.savez(file, x=x, y=y).`);
  // The end record has a comment of up to 65,535 bytes behind it.
  let end = bytes.length - 22;
  while (end >= Math.max(0, bytes.length - 22 - 0xffff) && view.getUint32(end, true) !== END) end--;
  if (end < 0 || view.getUint32(end, true) !== END) throw refuse();
  const arrays = new Map<string, () => Promise<ArrayData>>();
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== ENTRY) throw refuse();
    const [method, size] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true)];
    const [nameSize, extra, comment] = [28, 30, 32].map(place => view.getUint16(at + place, true)) as [
      number,
      number,
      number,
    ];
    const header = view.getUint32(at + 42, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameSize));
    at += 46 + nameSize + extra + comment;
    if (!name.endsWith('.npy')) continue;
    const array = name.slice(0, -4);
    arrays.set(array, async () => {
      const begin = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
      const packed = bytes.subarray(begin, begin + size);
      return parseNpy(method === 0 ? packed : await inflated(packed), `${file.name}, array "${array}"`);
    });
  }
  return arrays;
}

async function inflated(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
