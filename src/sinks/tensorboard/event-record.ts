import {maskedCrc32c} from './crc32c.js';

/**
 * A record of a TFRecord file, the format of TensorBoard's event files:
 *
 *     uint64 length | uint32 masked crc32c of it | data | uint32 masked crc32c of the data        (little-endian)
 */
export function eventRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(8 + 4 + data.length + 4);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}
