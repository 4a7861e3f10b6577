import {closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {cannotOpen} from '../cannot-open.js';
import type {EventMessage} from './event-message.js';
import {encodeEvent} from './event-message.js';
import {eventRecord} from './event-record.js';

/** A new event file. TensorBoard can read it while it grows. */
export class EventFile {
  private readonly descriptor: number;
  private size = 0;

  /**
   * Creates the folder and the file. An existing file is replaced.
   *
   * @throws InvalidArgumentError if that is impossible.
   */
  constructor(folder: string, name: string) {
    try {
      mkdirSync(folder, {recursive: true});
      writeFileSync(join(folder, name), '');
      this.descriptor = openSync(join(folder, name), 'a');
    } catch (error) {
      throw cannotOpen(join(folder, name), error);
    }
    this.append({wallTime: Date.now() / 1000, fileVersion: 'brain.Event:2'});
  }

  append(event: EventMessage): void {
    const record = eventRecord(encodeEvent(event));
    try {
      writeFileSync(this.descriptor, record);
    } catch (error) {
      // A reader would stop at a partial record.
      ftruncateSync(this.descriptor, this.size);
      throw error;
    }
    this.size += record.length;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
