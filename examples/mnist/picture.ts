import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {layout} from './picture/layout.js';
import {toPng} from './picture/png.js';
import type {Run} from './run.js';

/** Draws every layer's spectra over both trainings and returns the path of the picture. */
export function drawPicture(runs: readonly Run[], title: string, folder: string): string[] {
  const svg = layout(runs, title);
  const paths = [join(folder, 'mnist-spectra.svg'), join(folder, 'mnist-spectra.png')] as const;
  mkdirSync(folder, {recursive: true});
  writeFileSync(paths[0], svg);
  writeFileSync(paths[1], toPng(svg));
  return [...paths];
}
