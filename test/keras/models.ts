import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {gunzipSync} from 'node:zlib';

/** A model that the converter has written, with what Keras computes in float64. */
export interface Variant {
  readonly keras: 2 | 3;
  readonly format: 'h5' | 'keras';
  /** The content of model.json. */
  readonly model: {
    readonly modelTopology: object;
    readonly weightsManifest: readonly {readonly paths: readonly string[]; readonly weights: object[]}[];
  };
  /** The content of the weights' file, in base 64. */
  readonly weights: string;
  readonly loss?: number;
  readonly trace?: number;
}

/** One model in all its forms. */
export interface ModelCase {
  readonly name: string;
  readonly training: boolean;
  /** What the message says, where the model is refused. */
  readonly refused?: string;
  readonly x: readonly unknown[];
  readonly y: readonly unknown[];
  readonly variants: readonly Variant[];
}

interface Models {
  readonly keras: string;
  readonly tfKeras: string;
  readonly cases: readonly ModelCase[];
}

/** What make_models.py has made. */
export const models = JSON.parse(
  gunzipSync(readFileSync(join(import.meta.dirname, 'models.json.gz'))).toString('utf8'),
) as Models;
