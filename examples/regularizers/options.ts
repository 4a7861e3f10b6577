import {parseArgs} from 'node:util';

export interface Options {
  /** Training images of a run. */
  readonly images: number;
  /** Test images. */
  readonly test: number;
  readonly epochs: number;
  /** The number of repeats, each with different images. */
  readonly repeats: number;
  readonly batchSize: number;
  /** λ of the trace penalty. */
  readonly strength: number;
  /** λ of the L2 penalty. */
  readonly l2: number;
  /** The folder for the picture. */
  readonly out: string;
}

export function readOptions(): Options {
  const {values} = parseArgs({
    options: {
      images: {type: 'string'},
      epochs: {type: 'string'},
      repeats: {type: 'string'},
      strength: {type: 'string', default: '3e-3'},
      l2: {type: 'string', default: '3e-3'},
      out: {type: 'string', default: 'out'},
      quick: {type: 'boolean', default: false},
    },
  });
  const {quick, out} = values;
  const number = (given: string | undefined, usual: number, whenQuick: number) =>
    Number(given ?? (quick ? whenQuick : usual));
  return {
    images: number(values.images, 500, 100),
    test: quick ? 200 : 5000,
    epochs: number(values.epochs, 30, 2),
    repeats: number(values.repeats, 3, 1),
    batchSize: 50,
    strength: Number(values.strength),
    l2: Number(values.l2),
    out,
  };
}
