import type {Finding, FindingLevel} from '../../advice/finding.js';
import {element} from './element.js';
import {number} from './pictures/numbers.js';
import type {PageState} from './state.js';

/** A level as a sign and a word, so that it can be told without colors. */
const LEVELS: Readonly<Record<FindingLevel, {readonly sign: string; readonly word: string}>> = {
  act: {sign: '!', word: 'Act'},
  look: {sign: '?', word: 'Look'},
  note: {sign: 'i', word: 'Note'},
};

/** What the shown run says so far, weightiest first. */
export class Findings {
  readonly root: HTMLElement;
  private readonly caption = element('p', {class: 'caption'});
  private readonly none = element('p', {class: 'none'}, 'Nothing to report.');
  private readonly list = element('ol', {role: 'list'});
  private readonly said = element('p', {class: 'unseen', role: 'status'});
  private readonly rows = new Map<string, Row>();
  /** The run that was shown last. */
  private run: string | null = null;

  constructor() {
    this.root = element(
      'section',
      {class: 'card findings', 'aria-labelledby': 'findings', hidden: true},
      element('header', {}, element('div', {}, element('h2', {id: 'findings'}, 'What the run shows'), this.caption)),
      this.none,
      this.list,
      this.said,
    );
  }

  show({main, runs}: PageState): void {
    this.root.hidden = main === null;
    if (main === null) return;
    const {key, label, findings} = main.view;
    const samples = runs.find(run => run.key === key)?.samples ?? main.view.samples;
    const counted = `${samples.toLocaleString('en')} sample${samples === 1 ? '' : 's'}`;
    this.caption.textContent = `${runs.length > 1 ? `${label}: the` : 'The'} rules of advise on ${counted}${findings.length > 1 ? ', weightiest first' : ''}.`;
    this.none.hidden = findings.length > 0;
    this.list.hidden = findings.length === 0;
    const isSameRun = key === this.run;
    this.run = key;
    const added = this.fill(findings);
    // Numbers change with each sample, and need not be announced.
    if (!isSameRun) this.said.textContent = '';
    else if (added.length > 0) {
      this.said.textContent = added.map(({level, text}) => `New finding, ${LEVELS[level].word}: ${text}`).join(' ');
    }
  }

  /**
   * Changes the rows that are there, so that the text that someone reads or selects stays where it is.
   *
   * @returns the findings that were not there.
   */
  private fill(findings: readonly Finding[]): Finding[] {
    const added: Finding[] = [];
    const rows = findings.map(finding => {
      const key = `${finding.rule}\n${finding.layer}`;
      const known = this.rows.get(key);
      const row = known ?? makeRow();
      if (known === undefined) added.push(finding);
      row.show(finding);
      return [key, row] as const;
    });
    this.rows.clear();
    for (const [key, row] of rows) this.rows.set(key, row);
    const wanted = rows.map(([, {root}]) => root);
    const shown = [...this.list.children];
    if (wanted.length !== shown.length || wanted.some((root, i) => root !== shown[i])) {
      this.list.replaceChildren(...wanted);
    }
    return added;
  }
}

interface Row {
  readonly root: HTMLElement;
  show(finding: Finding): void;
}

function makeRow(): Row {
  const sign = element('span', {class: 'sign', 'aria-hidden': 'true'});
  const word = element('span');
  const what = element('p', {class: 'what'});
  const facts = element('dl');
  const root = element(
    'li',
    {class: 'finding'},
    element('p', {class: 'level'}, sign, word),
    element('div', {}, what, facts),
  );
  return {
    root,
    show({rule, level, layer, text, evidence, certainty, tryThis}) {
      root.dataset.level = level;
      root.dataset.rule = rule;
      set(sign, LEVELS[level].sign);
      set(word, LEVELS[level].word);
      set(what, withMinus(text));
      const parts = [
        ['Try', withMinus(tryThis)],
        ['How sure', withMinus(certainty)],
        ['Evidence', [...(layer === null ? [] : [layer]), ...Object.entries(evidence).map(evidenceText)].join(' · ')],
      ].filter(([, value]) => value !== '');
      const pairs = parts.map(([name, value]) => `${name}\n${value}`).join('\n');
      if (facts.dataset.pairs === pairs) return;
      facts.dataset.pairs = pairs;
      facts.replaceChildren(
        ...parts.map(([name, value]) => element('div', {}, element('dt', {}, name!), element('dd', {}, value!))),
      );
    },
  };
}

/** The name of a number, such as `learningRate`, in words, and its value. */
function evidenceText([name, value]: [string, number]): string {
  return `${name.replaceAll(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)} ${number(value)}`;
}

/** Negative numbers in a sentence with a real minus sign, as in the tables. */
function withMinus(text: string): string {
  return text.replaceAll(/(?<![^\s(])-(?=\d)/g, '−');
}

function set(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
