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
  // A hundredth of a pixel is enough.
  return figure.outerHTML.replace(/\d+\.\d{3,}/g, number => String(Number(Number(number).toFixed(2))));
}

/** A number as a table shows it. */
export function short(value: number, digits = 4): string {
  return String(Number(value.toPrecision(digits))).replace('-', '−');
}

/** A number with what it may be off by. */
export function withError(value: number, error: number | null): string {
  return error === null ? short(value) : `${short(value)} ± ${short(error, 2)}`;
}
