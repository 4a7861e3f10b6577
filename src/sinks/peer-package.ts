import {createRequire} from 'node:module';
import {InvalidArgumentError} from '../errors.js';

const require = createRequire(import.meta.url);

/**
 * Checks that an optional peer package is installed.
 *
 * @param what what needs the package.
 * @throws InvalidArgumentError if it is not installed.
 */
export function assertInstalled(name: string, what: string): void {
  try {
    require.resolve(name);
  } catch (error) {
    throw new InvalidArgumentError(`${what} needs the package ${name}: run \`npm install ${name}\`.`, {cause: error});
  }
}
