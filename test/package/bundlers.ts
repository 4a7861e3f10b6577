import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import commonjs from '@rollup/plugin-commonjs';
import {nodeResolve} from '@rollup/plugin-node-resolve';
import * as esbuild from 'esbuild';
import {rollup} from 'rollup';
import * as vite from 'vite';
import webpack from 'webpack';

/** A script for browsers, in one file, and what the bundler had to say. */
export interface Bundled {
  readonly code: string;
  readonly warnings: readonly string[];
}

/** Makes a script for browsers of `entry` in `folder`, with the settings that a bundler has by default. */
export type Bundler = (folder: string, entry: string) => Promise<Bundled>;

const withEsbuild =
  (format: 'esm' | 'iife'): Bundler =>
  async (folder, entry) => {
    const {outputFiles, warnings} = await esbuild.build({
      absWorkingDir: folder,
      entryPoints: [entry],
      bundle: true,
      platform: 'browser',
      format,
      write: false,
      logLevel: 'silent',
    });
    return {code: onlyOne(outputFiles).text, warnings: warnings.map(({text}) => text)};
  };

const withWebpack: Bundler = async (folder, entry) => {
  const path = join(folder, 'webpack');
  const compiler = webpack({
    mode: 'production',
    context: folder,
    entry: `./${entry}`,
    output: {path, filename: entry},
    // Minifying takes most of the time. What is left out is decided before.
    optimization: {minimize: false},
    performance: {hints: false},
  });
  const stats = await promisify(compiler.run.bind(compiler))();
  await promisify(compiler.close.bind(compiler))();
  const {errors = [], warnings = []} = stats!.toJson({all: false, errors: true, warnings: true});
  if (errors.length > 0) throw new Error(errors.map(({message}) => message).join('\n'));
  return {code: readFileSync(join(path, entry), 'utf8'), warnings: warnings.map(({message}) => message)};
};

const withRollup: Bundler = async (folder, entry) => {
  const warnings: string[] = [];
  const bundle = await rollup({
    input: join(folder, entry),
    plugins: [nodeResolve({browser: true}), commonjs()],
    onwarn({code, message, id}) {
      // Rollup says this of a file of tfjs-layers, whose compiler has left `this && …` in it.
      if (code !== 'THIS_IS_UNDEFINED' || !id?.includes('tfjs-layers')) warnings.push(message);
    },
  });
  const {output} = await bundle.generate({format: 'es'});
  await bundle.close();
  return {code: codeOf(output), warnings};
};

const withVite: Bundler = async (folder, entry) => {
  const warnings: string[] = [];
  const customLogger = vite.createLogger('warn');
  customLogger.warn = message => warnings.push(message);
  const built = await vite.build({
    root: folder,
    configFile: false,
    customLogger,
    build: {
      rollupOptions: {input: join(folder, entry)},
      target: 'es2022',
      write: false,
      chunkSizeWarningLimit: 10_000,
    },
  });
  const {output} = built as vite.Rollup.RollupOutput;
  return {code: codeOf(output), warnings};
};

export const bundlers: Readonly<Record<string, Bundler>> = {
  webpack: withWebpack,
  'esbuild, as a module': withEsbuild('esm'),
  'esbuild, as a script': withEsbuild('iife'),
  Rollup: withRollup,
  Vite: withVite,
};

function codeOf(output: readonly {readonly type: string; readonly code?: string}[]): string {
  return onlyOne(output).code!;
}

function onlyOne<T>(files: readonly T[]): T {
  if (files.length !== 1) throw new Error(`There is not one file but ${files.length}.`);
  return files[0]!;
}
