/** What a terminal can show. */
export interface TerminalStyle {
  /** Columns. */
  readonly width: number;
  /** Whether it shows more than ASCII. */
  readonly unicode: boolean;
  readonly color: boolean;
}

/** The signs that a picture of characters is made of. */
export interface Signs {
  /** From nothing to full, for hills. */
  readonly heights: readonly string[];
  /** From nothing to full, for the end of a bar. */
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

/** The sign of a share, 0 to 1, of what is full; a share above nothing is seen. */
export function signOf(share: number, signs: readonly string[]): string {
  const most = signs.length - 1;
  return signs[share > 0 ? Math.max(1, Math.min(most, Math.round(share * most))) : 0]!;
}

/** Text in the characters that the terminal has. */
export function spelled(text: string, {unicode}: TerminalStyle): string {
  if (unicode) return text;
  const spellings: Readonly<Record<string, string>> = {'±': '+-', '−': '-', '…': '~', '·': '|', '₁': '1', '₀': '0'};
  return text.replaceAll(/\P{ASCII}/gu, sign => spellings[sign] ?? '?');
}

const codes = {data: 36, ink: 1, accent: 33, quiet: 2} as const;

/** Text in a colour of the terminal's own, or as it is. */
export function colored(text: string, role: keyof typeof codes, {color}: TerminalStyle): string {
  return color && text !== '' ? `\u001b[${codes[role]}m${text}\u001b[0m` : text;
}
