import {InvalidArgumentError} from '../errors.js';

/** The error for a file that cannot be opened, with the way out. */
export function cannotOpen(path: string, error: unknown): InvalidArgumentError {
  const {code, message} = error as NodeJS.ErrnoException;
  const ways: Record<string, string> = {
    ENOENT: 'its folder does not exist; make it first',
    ENOTDIR: 'its folder is a file; choose another path',
    EISDIR: 'it is a folder; name a file in it',
    EACCES: 'you may not write there; choose another path',
    EROFS: 'the file system is read-only; choose another path',
  };
  return new InvalidArgumentError(`${path} cannot be written to: ${ways[code ?? ''] ?? message}.`, {cause: error});
}
