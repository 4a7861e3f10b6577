import {colors, fonts} from './style.js';

export interface TextStyle {
  readonly size?: number;
  readonly weight?: number;
  readonly color?: string;
  readonly anchor?: 'start' | 'end';
}

/** A piece of a line of text; a plain string has the style of the line. */
export type Span = string | {readonly text: string; readonly weight: number; readonly color: string};

/** An SVG sheet with plots and lines of text. */
export class Poster {
  private readonly parts: string[] = [];

  constructor(
    readonly width: number,
    readonly height: number,
  ) {}

  text(x: number, y: number, spans: readonly Span[], style: TextStyle = {}): this {
    const {size = 13, weight = 400, color = colors.quiet, anchor = 'start'} = style;
    const attributes = `x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${color}" text-anchor="${anchor}"`;
    this.parts.push(`<text ${attributes} xml:space="preserve">${spans.map(spanMarkup).join('')}</text>`);
    return this;
  }

  dot(x: number, y: number, color: string): this {
    this.parts.push(`<circle cx="${x}" cy="${y}" r="6" fill="${color}"/>`);
    return this;
  }

  plot(x: number, y: number, figure: Element): this {
    // The style sheet is for pages; some renderers do not support its selectors.
    for (const sheet of figure.querySelectorAll('style')) sheet.remove();
    // A hundredth of a pixel is enough; text stays as it is.
    const markup = figure.outerHTML.replace(/"[^"]*"/g, attribute =>
      attribute.replace(/\d+\.\d{3,}/g, number => String(Number(Number(number).toFixed(2)))),
    );
    this.parts.push(`<g transform="translate(${x},${y})">${markup}</g>`);
    return this;
  }

  toString(): string {
    const {width, height, parts} = this;
    const size = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${fonts}">`,
      `<rect width="100%" height="100%" fill="${colors.paper}"/>`,
      ...parts,
      '</svg>\n',
    ].join('\n');
  }
}

function spanMarkup(span: Span): string {
  if (typeof span === 'string') return escaped(span);
  return `<tspan font-weight="${span.weight}" fill="${span.color}">${escaped(span.text)}</tspan>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
