import {createRequire} from 'node:module';
import {InvalidArgumentError} from '../errors.js';

const require = createRequire(import.meta.url);

/**
 * Checks that optional peer packages are installed.
 *
 * @param what what needs the packages.
 * @throws InvalidArgumentError if one is not installed.
 */
export function assertInstalled(names: string | readonly string[], what: string): void {
  const all = [names].flat();
  try {
    for (const name of all) require.resolve(name);
  } catch (error) {
    const packages = all.length === 1 ? `the package ${all[0]}` : `the packages ${all.join(' and ')}`;
    throw new InvalidArgumentError(`${what} needs ${packages}: run \`npm install ${all.join(' ')}\`.`, {cause: error});
  }
}
