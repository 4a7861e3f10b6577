import {InvalidArgumentError} from '../../errors.js';

/**
 * Loads code that needs optional peer packages.
 *
 * @throws InvalidArgumentError if they are not installed.
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
