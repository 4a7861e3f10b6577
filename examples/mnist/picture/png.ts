import {createRequire} from 'node:module';
import {Resvg} from '@resvg/resvg-js';

const require = createRequire(import.meta.url);
const fontFiles = [
  require.resolve('@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf'),
  require.resolve('@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf'),
];

/** Renders at twice the size, with our own fonts, since the machine may have none. */
export function toPng(svg: string): Buffer {
  return new Resvg(svg, {
    fitTo: {mode: 'zoom', value: 2},
    font: {fontFiles, loadSystemFonts: false, defaultFontFamily: 'Inter'},
  })
    .render()
    .asPng();
}
