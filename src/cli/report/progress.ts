import type {DatasetProgress} from '../../operators/curvature-args.js';

/** Shows on a terminal how far the passes over the data are; a pipe gets nothing. */
export function showProgress(stream: NodeJS.WriteStream = process.stderr): {
  onProgress(progress: DatasetProgress): void;
  end(): void;
} {
  let passes = 1;
  const show = (text: string) => {
    if (stream.isTTY) stream.write(`\r\x1b[K${text}`);
  };
  return {
    onProgress({done, batches}) {
      show(`pass ${passes} over the data: batch ${done} of ${batches}`);
      if (done === batches) passes++;
    },
    end: () => show(''),
  };
}
