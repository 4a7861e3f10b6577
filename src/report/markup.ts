import {formatNumber} from '../format-number.js';

/** Escapes text for HTML and SVG. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** The SVG markup of a figure, for a page or a sheet. */
export function svgOf(figure: Element): string {
  // Not every renderer knows the selectors of the style sheet, and pages have their own.
  for (const sheet of figure.querySelectorAll('style')) sheet.remove();
  // A hundredth of a pixel is precise enough. The text between tags is not changed.
  return figure.outerHTML.replace(/<[^>]*>/g, tag =>
    tag.replace(/\d+\.\d{3,}/g, number => String(Number(Number(number).toFixed(2)))),
  );
}

/** A number for a table or a picture: with few digits and a real minus sign. */
export function typesetNumber(value: number, digits = 4): string {
  return typeset(formatNumber(value, digits));
}

/** Numbers with real minus signs instead of hyphens. */
export function typeset(numbers: string): string {
  return numbers.replaceAll('-', '−');
}

/** A number with its error. */
export function withError(value: number, error: number | null, digits = 4): string {
  return error === null ? typesetNumber(value, digits) : `${typesetNumber(value, digits)} ± ${typesetNumber(error, 2)}`;
}

/** Replaces control characters, so that a name cannot move the cursor. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '␣');
}
