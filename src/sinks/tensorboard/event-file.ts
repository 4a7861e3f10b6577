import {closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {cannotOpen} from '../cannot-open.js';
import {isAt} from '../is-at.js';
import type {EventMessage} from './event-message.js';
import {encodeEvent} from './event-message.js';
import {eventRecord} from './event-record.js';

/** A new event file. TensorBoard can read it while it grows. */
export class EventFile {
  private descriptor: number;
  private size = 0;

  /**
   * Creates the folder and the file. An existing file is replaced.
   *
   * @param onGone is called after the file was removed or replaced by somebody else, and a new one was made.
   * @throws InvalidArgumentError if that is impossible.
   */
  constructor(
    private readonly folder: string,
    private readonly name: string,
    private readonly onGone: () => void,
  ) {
    this.descriptor = this.create();
  }

  append(event: EventMessage): void {
    if (!isAt(this.descriptor, join(this.folder, this.name))) {
      const former = this.descriptor;
      this.descriptor = this.create();
      closeSync(former);
      this.onGone();
    }
    this.write(this.descriptor, event);
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private create(): number {
    const path = join(this.folder, this.name);
    try {
      mkdirSync(this.folder, {recursive: true});
      writeFileSync(path, '');
      const descriptor = openSync(path, 'a');
      this.size = 0;
      this.write(descriptor, {wallTime: Date.now() / 1000, fileVersion: 'brain.Event:2'});
      return descriptor;
    } catch (error) {
      throw cannotOpen(path, error);
    }
  }

  private write(descriptor: number, event: EventMessage): void {
    const record = eventRecord(encodeEvent(event));
    try {
      writeFileSync(descriptor, record);
    } catch (error) {
      // A reader would stop at a partial record.
      ftruncateSync(descriptor, this.size);
      throw error;
    }
    this.size += record.length;
  }
}
