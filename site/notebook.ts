// Jupyter notebooks: their cells, and what these have printed and drawn.

interface Output {
  readonly output_type: string;
  readonly name?: string;
  readonly text?: Text;
  readonly data?: Readonly<Record<string, Text>>;
}

/** The format has texts as strings or as lists of lines. */
type Text = string | readonly string[];

/** What a cell has left behind: text, or a picture as SVG; and its kind in the notebook. */
export interface CellOutput {
  readonly kind: string;
  readonly text: string;
  readonly picture: string;
}

export interface NotebookCell {
  readonly isCode: boolean;
  readonly source: string;
  readonly outputs: readonly CellOutput[];
}

export function notebookCells(json: string): NotebookCell[] {
  const {cells} = JSON.parse(json) as {
    readonly cells: readonly {
      readonly cell_type: string;
      readonly source: Text;
      readonly outputs?: readonly Output[];
    }[];
  };
  return cells.map(({cell_type: type, source, outputs = []}) => ({
    isCode: type === 'code',
    source: joined(source),
    outputs: outputs.map(({output_type: kind, name, text, data}) => ({
      kind: name ?? kind,
      text: joined(text),
      picture: joined(data?.['image/svg+xml']),
    })),
  }));
}

/** A notebook as Markdown. Its headings go below that of the page. */
export function notebookPage(json: string): string {
  const shown = ({text, picture}: CellOutput) =>
    picture === ''
      ? `\`\`\`text\n${text.trimEnd()}\n\`\`\``
      : `<img alt="The picture that this cell draws" src="data:image/svg+xml;base64,${Buffer.from(picture).toString('base64')}">`;
  return notebookCells(json)
    .flatMap(({isCode, source, outputs}) =>
      isCode ? [`\`\`\`js\n${source}\n\`\`\``, ...outputs.map(shown)] : source.replaceAll(/^(?=#)/gm, '#'),
    )
    .map(part => `${part}\n`)
    .join('\n');
}

function joined(text: Text = ''): string {
  return typeof text === 'string' ? text : text.join('');
}
