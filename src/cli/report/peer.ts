import {InvalidArgumentError} from '../../errors.js';

/**
 * What needs packages that only some need: loaded when it is asked for.
 *
 * @throws InvalidArgumentError where they are not installed.
 */
export async function withPeers<T>(what: string, packages: readonly string[], load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new InvalidArgumentError(
      `${what} needs packages that are not installed: run \`npm install ${packages.join(' ')}\`.`,
      {
        cause: error,
      },
    );
  }
}
