import {rmSync} from 'node:fs';
import type {HessianSample} from '../streams/hessian-sample.js';
import {assertSample, parseSample} from '../streams/parse-sample.js';
import {LineFile} from './line-file.js';
import {beginsAsSample, isSampleLine, sampleLine} from './sample-line.js';
import type {Fail, SampleWriter} from './sink.js';
import {newFile} from './sink.js';

/** A file with a sample on each line. */
export class RunFile implements SampleWriter {
  private readonly file: LineFile;

  /** @throws InvalidArgumentError if the file cannot be opened, is not a run, or has another writer. */
  constructor(
    readonly path: string,
    fail: Fail,
  ) {
    this.file = new LineFile(path, {
      kind: 'a run, which has a sample on each line',
      isOurs: (line, isTorn) => isSampleLine(line) || (isTorn && beginsAsSample(line)),
      isComplete: isSampleLine,
      onGone: () => fail(...newFile),
    });
  }

  write(sample: HessianSample): void {
    // Otherwise readSamples would refuse the file.
    assertSample(sample);
    this.file.append(`${sampleLine(sample)}\n`);
  }

  /** The samples that were written, also by earlier writers. */
  *samples(): Generator<HessianSample, void> {
    for (const line of this.file.lines()) yield parseSample(line);
  }

  close(): void {
    this.file.close();
  }

  remove(): void {
    this.close();
    rmSync(this.path, {force: true});
  }
}
