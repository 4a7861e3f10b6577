import {patch} from '../patch.js';
import type {Undo} from '../undo.js';
import {engine} from './engine.js';

/** Reports the data that JavaScript reads from tensors. What kernels read themselves is not reported. */
export function watchReads(onRead: (dataId: object) => void): Undo {
  const target = engine();
  const {read, readSync} = target;
  return patch(target, {
    read(dataId) {
      onRead(dataId);
      return read.call(target, dataId);
    },
    readSync(dataId) {
      onRead(dataId);
      return readSync.call(target, dataId);
    },
  });
}
