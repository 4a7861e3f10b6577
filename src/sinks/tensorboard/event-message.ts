import {createRequire} from 'node:module';
import type protobuf from 'protobufjs';

/** What TensorBoard knows at one moment (`tensorflow/core/util/event.proto`); left out is what no sink writes. */
export interface EventMessage {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step?: number;
  readonly fileVersion?: string;
  readonly summary?: {readonly value: readonly SummaryValue[]};
}

/** A scalar, a histogram or a picture under its tag (`tensorflow/core/framework/summary.proto`). */
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
  /** Each bucket's upper end; it begins where the one before ends, the first at `min`. */
  readonly bucketLimit: readonly number[];
  readonly bucket: readonly number[];
}

const PROTO = `
syntax = "proto3";

message Event {
  double wall_time = 1;
  int64 step = 2;
  oneof what {
    string file_version = 3;
    Summary summary = 5;
  }
}

message Summary {
  message Value {
    string tag = 1;
    oneof value {
      float simple_value = 2;
      Image image = 4;
      HistogramProto histo = 5;
    }
  }
  message Image {
    int32 height = 1;
    int32 width = 2;
    int32 colorspace = 3;
    bytes encoded_image_string = 4;
  }
  repeated Value value = 1;
}

message HistogramProto {
  double min = 1;
  double max = 2;
  double num = 3;
  double sum = 4;
  double sum_squares = 5;
  repeated double bucket_limit = 6 [packed = true];
  repeated double bucket = 7 [packed = true];
}
`;

/** Makes the encoder of events, with protobufjs, which must be installed. */
export function eventEncoder(): (event: EventMessage) => Uint8Array {
  const {parse} = createRequire(import.meta.url)('protobufjs') as typeof protobuf;
  const type = parse(PROTO).root.lookupType('Event');
  return event => type.encode(type.fromObject(event)).finish();
}
