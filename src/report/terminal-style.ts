/** The capabilities of a terminal. */
export interface TerminalStyle {
  /** The width in columns. */
  readonly width: number;
  /** Whether it shows Unicode. */
  readonly unicode: boolean;
  readonly color: boolean;
}

/** The characters of a picture made of text. */
export interface Signs {
  /** From empty to full, for densities. */
  readonly heights: readonly string[];
  /** From empty to full, for the end of a bar. */
  readonly widths: readonly string[];
  readonly dot: string;
  readonly tick: string;
  readonly rule: string;
}

const unicodeSigns: Signs = {
  heights: [...' ▁▂▃▄▅▆▇█'],
  widths: [...' ▏▎▍▌▋▊▉█'],
  dot: '●',
  tick: '┴',
  rule: '─',
};

const asciiSigns: Signs = {heights: [...' .:-=+*#%'], widths: [' ', '#'], dot: 'o', tick: '+', rule: '-'};

export function signsOf({unicode}: TerminalStyle): Signs {
  return unicode ? unicodeSigns : asciiSigns;
}

/** The character for a share between 0 and 1; a share above 0 is always visible. */
export function signOf(share: number, signs: readonly string[]): string {
  const most = signs.length - 1;
  return signs[share > 0 ? Math.max(1, Math.min(most, Math.round(share * most))) : 0]!;
}

/** Text without characters that the terminal cannot show. */
export function spelled(text: string, {unicode}: TerminalStyle): string {
  if (unicode) return text;
  const spellings: Readonly<Record<string, string>> = {'±': '+-', '−': '-', '…': '~', '·': '|', '₁': '1', '₀': '0'};
  return text.replaceAll(/\P{ASCII}/gu, sign => spellings[sign] ?? '?');
}

const codes = {data: 36, ink: 1, accent: 33, quiet: 2} as const;

/** Text in a color of the terminal, or unchanged without colors. */
export function colored(text: string, role: keyof typeof codes, {color}: TerminalStyle): string {
  return color && text !== '' ? `\u001b[${codes[role]}m${text}\u001b[0m` : text;
}
