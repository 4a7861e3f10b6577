import {createRequire} from 'node:module';
import {Resvg} from '@resvg/resvg-js';

const require = createRequire(import.meta.url);

/**
 * Renders an SVG as PNG, in the font Inter if it is installed, else in a system font.
 *
 * @param zoom pixels per unit of the SVG.
 */
export function toPng(svg: string, zoom = 2): Uint8Array {
  const fontFiles = ['400Regular/Inter_400Regular.ttf', '600SemiBold/Inter_600SemiBold.ttf'].flatMap(file => {
    try {
      return [require.resolve(`@expo-google-fonts/inter/${file}`)];
    } catch {
      return [];
    }
  });
  const font = {
    fontFiles,
    loadSystemFonts: fontFiles.length === 0,
    ...(fontFiles.length > 0 && {defaultFontFamily: 'Inter'}),
  };
  return new Resvg(svg, {fitTo: {mode: 'zoom', value: zoom}, font}).render().asPng();
}
