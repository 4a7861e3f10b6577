import type {PageState} from '../state.js';
import {paletteOf} from './colors.js';

/** Downloads a file. */
export function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // By then the browser has begun to read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A picture as an SVG file, with the background of the page. */
function svgFile(svg: SVGSVGElement, state: PageState): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.removeAttribute('aria-hidden');
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of [
    ['width', '100%'],
    ['height', '100%'],
    ['fill', paletteOf(state).paper],
  ] as const) {
    ground.setAttribute(name, value);
  }
  copy.prepend(ground);
  return new XMLSerializer().serializeToString(copy);
}

export function saveSvg(svg: SVGSVGElement, name: string, state: PageState): void {
  save(new Blob([svgFile(svg, state)], {type: 'image/svg+xml'}), name);
}

/** Saves a picture as PNG, with twice the resolution of the screen. */
export async function savePng(svg: SVGSVGElement, name: string, state: PageState): Promise<void> {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([svgFile(svg, state)], {type: 'image/svg+xml'}));
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = 2 * svg.clientWidth;
  canvas.height = 2 * svg.clientHeight;
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  const png = await new Promise<Blob | null>(resolve => canvas.toBlob(resolve, 'image/png'));
  if (png) save(png, name);
}
