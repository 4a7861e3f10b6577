/** Text as text, whatever is in it. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A figure as SVG markup, for a page or a sheet. */
export function svgOf(figure: Element): string {
  // The style sheet sets what a page would, with selectors that not every renderer knows.
  for (const sheet of figure.querySelectorAll('style')) sheet.remove();
  // A hundredth of a pixel is enough; what is written between the tags stays.
  return figure.outerHTML.replace(/<[^>]*>/g, tag =>
    tag.replace(/\d+\.\d{3,}/g, number => String(Number(Number(number).toFixed(2)))),
  );
}

/** A number as a table shows it. */
export function short(value: number, digits = 4): string {
  return String(Number(value.toPrecision(digits))).replaceAll('-', '−');
}

/** A number with what it may be off by. */
export function withError(value: number, error: number | null, digits = 4): string {
  return error === null ? short(value, digits) : `${short(value, digits)} ± ${short(error, 2)}`;
}

/** A name cannot move the cursor. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '␣');
}
