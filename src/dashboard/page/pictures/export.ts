import {fonts} from '../../../report/palette.js';
import type {PageState} from '../state.js';
import {paletteOf} from './colors.js';
import {make} from './legend.js';
import {save} from './save.js';

/** What stands above a saved picture. */
interface Words {
  readonly title: string;
  readonly caption: string;
}

const MARGIN = 16;
const LINE = 17;
const LETTER = 6.3;

/** A picture as an SVG file that stands alone: with its title, its run, its caption and the background of the page. */
function svgFile(
  svg: SVGSVGElement,
  {title, caption}: Words,
  state: PageState,
): {text: string; size: [number, number]} {
  const {ink, quiet, paper} = paletteOf(state);
  const width = svg.clientWidth + 2 * MARGIN;
  const runs = [state.main, ...state.others].flatMap(data => (data === null ? [] : [data.view.label]));
  const lines = wrapped(caption, Math.floor((width - 2 * MARGIN) / LETTER));
  const top = MARGIN + 22 + LINE * (1 + lines.length) + 8;
  const height = top + svg.clientHeight + MARGIN;
  const file = make('svg', {xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}`});
  file.append(make('rect', {width: '100%', height: '100%', fill: paper}));
  const head = make('g', {'font-family': fonts, 'font-size': 12, fill: quiet});
  const say = (words: string, y: number, more: Readonly<Record<string, string | number>> = {}) => {
    const text = make('text', {x: MARGIN, y, ...more});
    text.textContent = words;
    head.append(text);
  };
  say(title, MARGIN + 14, {'font-size': 16, 'font-weight': 600, fill: ink});
  say(runs.join('  ·  '), MARGIN + 14 + LINE + 3, {fill: ink});
  for (const [i, line] of lines.entries()) say(line, MARGIN + 14 + LINE * (i + 2) + 3);
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.removeAttribute('aria-hidden');
  for (const [name, value] of Object.entries({x: MARGIN, y: top, width: svg.clientWidth, height: svg.clientHeight})) {
    copy.setAttribute(name, String(value));
  }
  file.append(head, copy);
  return {text: new XMLSerializer().serializeToString(file), size: [width, height]};
}

function wrapped(text: string, letters: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length > letters && lines.at(-1) !== '') lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

export function saveSvg(svg: SVGSVGElement, name: string, words: Words, state: PageState): void {
  save(new Blob([svgFile(svg, words, state).text], {type: 'image/svg+xml'}), name);
}

/** Saves a picture as PNG, with twice the resolution of the screen. */
export async function savePng(svg: SVGSVGElement, name: string, words: Words, state: PageState): Promise<void> {
  const {text, size} = svgFile(svg, words, state);
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([text], {type: 'image/svg+xml'}));
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [2 * size[0], 2 * size[1]];
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  const png = await new Promise<Blob | null>(resolve => canvas.toBlob(resolve, 'image/png'));
  if (png) save(png, name);
}
