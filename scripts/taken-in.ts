// Packages of which the build bundles the parts that it needs, in small chunks of their own.
import type {Rolldown} from 'tsdown';
import {minify} from 'vite';
import {packageOf} from './bundled-licenses.js';

const within = (names: string) => new RegExp(`/node_modules/(${names})`);

/** In separate chunks, since code that imports one package may not need the others. */
export const takenInChunks = {
  groups: [
    {name: 'ml-matrix', test: within('ml-|is-any-array')},
    {name: 'pure-rand', test: within('pure-rand')},
    {name: 'valibot', test: within('valibot/')},
    {name: 'pbf', test: within('pbf/')},
    {name: 'plot', test: within('@observablehq|d3-|internmap|isoformat|interval-tree|binary-search')},
    {name: 'papaparse', test: within('papaparse')},
    {name: 'yauzl', test: within('yauzl|pend')},
    {name: 'tinyglobby', test: within('tinyglobby|fdir|picomatch')},
    {name: 'cli-progress', test: within('cli-progress|string-width|strip-ansi|ansi-regex|emoji-regex|is-fullwidth')},
    {name: 'linkedom', test: within('')},
  ],
};

/** Minifies these chunks; our own code stays readable. */
export function minifyTakenIn(): Rolldown.Plugin {
  return {
    name: 'minify-taken-in',
    async renderChunk(code, {fileName, moduleIds}) {
      const isTakenIn = moduleIds.some(packageOf) && moduleIds.every(id => packageOf(id) ?? id.startsWith('\0'));
      return isTakenIn ? {code: (await minify(fileName, code)).code, map: null} : null;
    },
  };
}
