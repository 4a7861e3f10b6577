import {readdirSync, readFileSync} from 'node:fs';
import {join, posix} from 'node:path';
import type {DefaultTheme} from 'vitepress';
import {addressOf, GENERATED, repository} from './published.js';

type Items = DefaultTheme.SidebarItem[];

/** The groups of docs/README.md, each with its pages in order. */
export function docsSidebar(): Items {
  const lines = read('docs/README.md').split('\n');
  const groups: {text: string; pages: Set<string>}[] = [];
  for (const line of lines) {
    const [, verb] = /^\| … (.+?) \| page \|$/.exec(line) ?? [];
    if (verb !== undefined) groups.push({text: verb, pages: new Set()});
    else if (line.startsWith('|')) for (const link of linksIn(line)) groups.at(-1)?.pages.add(posix.join('docs', link));
  }
  const concepts = 'docs/concepts/README.md';
  const seen = new Set<string>();
  const more = [...linksIn(read(concepts))].map(link => posix.join('docs/concepts', link));
  const isConcept = (page: string) => page.startsWith('docs/concepts/');
  const items = groups.map(({text, pages}) => ({
    text: text[0]!.toUpperCase() + text.slice(1),
    items: [...pages].filter(page => !isConcept(page) && !seen.has(page) && seen.add(page)).map(item),
  }));
  return [
    {text: 'Start', items: [item('docs/README.md'), item('docs/quick-start.md'), item('README.md')]},
    ...items.slice(0, 1),
    {text: 'Concepts', items: [concepts, ...more].map(item)},
    ...items.slice(1),
    {text: 'More', items: [item('FEATURES.md'), item('CONTRIBUTING.md')]},
  ];
}

/** The modules of the API reference, each with its classes and functions. Their types are on the page of the module. */
export function apiSidebar(): Items {
  const root = join(repository, GENERATED, 'api');
  const modules = folders(root).sort((a, b) => Number(b === 'index') - Number(a === 'index') || a.localeCompare(b));
  return modules.map(module => ({
    text: module === 'index' ? 'tfjs-hessian' : `tfjs-hessian/${module}`,
    link: `/api/${module}/`,
    collapsed: module !== 'index',
    items: folders(join(root, module))
      .filter(kind => kind === 'classes' || kind === 'functions')
      .flatMap(kind => readdirSync(join(root, module, kind)).map(file => `${kind}/${file.replace(/\.md$/, '')}`))
      .map(path => ({text: posix.basename(path), link: `/api/${module}/${path}`})),
  }));
}

function folders(path: string): string[] {
  const found = readdirSync(path, {withFileTypes: true}).filter(entry => entry.isDirectory());
  return found.map(({name}) => name).sort();
}

/** The Markdown pages in the links of a text. */
function linksIn(text: string): Set<string> {
  const links = [...text.matchAll(/\]\(([^)#\s]+\.md)(?:#[^)]*)?\)/g)].map(([, link]) => link!);
  return new Set(links.filter(link => !link.startsWith('..')));
}

function item(page: string): DefaultTheme.SidebarItem {
  const [, title] = /^# (.+)$/m.exec(read(page)) ?? [];
  const names: Readonly<Record<string, string>> = {'README.md': 'Overview', 'docs/README.md': 'All pages'};
  return {text: names[page] ?? title ?? page, link: `/${addressOf(page)}`};
}

function read(path: string): string {
  return readFileSync(join(repository, path), 'utf8');
}
