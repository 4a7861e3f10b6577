import {PbfWriter} from 'pbf';

/** An event of TensorBoard (`tensorflow/core/util/event.proto`), with the fields that the sink writes. */
export interface EventMessage {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step?: number;
  readonly fileVersion?: string;
  readonly summary?: {readonly value: readonly SummaryValue[]};
}

/** A scalar, a histogram or an image with its tag (`tensorflow/core/framework/summary.proto`). */
export interface SummaryValue {
  readonly tag: string;
  readonly simpleValue?: number;
  readonly histo?: HistogramMessage;
  readonly image?: ImageMessage;
}

/** A PNG file with three or four channels. */
export interface ImageMessage {
  readonly height: number;
  readonly width: number;
  readonly colorspace: 3 | 4;
  readonly encodedImageString: Uint8Array;
}

export interface HistogramMessage {
  readonly min: number;
  readonly max: number;
  readonly num: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** The upper end of each bucket. A bucket begins at the end of the one before, the first at `min`. */
  readonly bucketLimit: readonly number[];
  readonly bucket: readonly number[];
}

/** Encodes an event as the message `Event` of `event.proto`. */
export function encodeEvent({wallTime, step, fileVersion, summary}: EventMessage): Uint8Array {
  const writer = new PbfWriter();
  writer.writeDoubleField(1, wallTime);
  if (step !== undefined) writer.writeVarintField(2, step);
  if (fileVersion !== undefined) writer.writeStringField(3, fileVersion);
  if (summary !== undefined) writer.writeMessage(5, writeSummary, summary);
  return writer.finish();
}

function writeSummary({value}: NonNullable<EventMessage['summary']>, writer: PbfWriter): void {
  for (const each of value) writer.writeMessage(1, writeValue, each);
}

function writeValue({tag, simpleValue, image, histo}: SummaryValue, writer: PbfWriter): void {
  writer.writeStringField(1, tag);
  if (simpleValue !== undefined) writer.writeFloatField(2, simpleValue);
  if (image !== undefined) writer.writeMessage(4, writeImage, image);
  if (histo !== undefined) writer.writeMessage(5, writeHistogram, histo);
}

function writeImage({height, width, colorspace, encodedImageString}: ImageMessage, writer: PbfWriter): void {
  writer.writeVarintField(1, height);
  writer.writeVarintField(2, width);
  writer.writeVarintField(3, colorspace);
  writer.writeBytesField(4, encodedImageString);
}

function writeHistogram(histogram: HistogramMessage, writer: PbfWriter): void {
  const {min, max, num, sum, sumSquares, bucketLimit, bucket} = histogram;
  [min, max, num, sum, sumSquares].forEach((value, i) => {
    writer.writeDoubleField(i + 1, value);
  });
  writer.writePackedDouble(6, [...bucketLimit]);
  writer.writePackedDouble(7, [...bucket]);
}
