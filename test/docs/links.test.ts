import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, it} from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const inFolder = (folder: string) =>
  readdirSync(join(root, folder), {recursive: true, encoding: 'utf8'}).map(path => join(folder, path));
const own = (folder: string) => inFolder(folder).filter(path => path.endsWith('.md') && !path.includes('node_modules'));
const pages = [...readdirSync(root).filter(path => path.endsWith('.md')), ...own('docs'), ...own('examples')];
const textOf = (page: string) => readFileSync(join(root, page), 'utf8');

/** The page without its code: a bracket there is no link. */
function prose(markdown: string): string {
  return markdown.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]*`/g, 'code');
}

/** The targets of links and pictures, without those on the web. */
function linksOf(page: string): string[] {
  const targets = [...prose(textOf(page)).matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)].map(([, target]) => target!);
  return targets.filter(target => !/^[a-z]+:/i.test(target));
}

/** The anchors that GitHub gives to a page's headings: lower case, without punctuation, with hyphens for spaces, numbered if repeated. */
function anchorsOf(page: string): Set<string> {
  const headings = [
    ...textOf(page)
      .replaceAll(/^```.*?^```$/gms, '')
      .matchAll(/^#{1,6} (.+)$/gm),
  ];
  const seen = new Map<string, number>();
  return new Set(
    headings.map(([, heading]) => {
      const text = heading!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
      const slug = text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
        .replaceAll(' ', '-');
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
}

describe.each(pages)('the page %s', page => {
  it('has only relative links to files and headings that exist', () => {
    const broken = linksOf(page).filter(link => {
      const [path, anchor] = link.split('#') as [string, string?];
      const target = path === '' ? page : relative(root, resolve(root, dirname(page), decodeURI(path)));
      if (!existsSync(join(root, target))) return true;
      if (anchor === undefined) return false;
      return statSync(join(root, target)).isDirectory() || !anchorsOf(target).has(anchor);
    });
    expect(broken).toEqual([]);
  });
});

describe('docs/README.md, the index', () => {
  const linked = (page: string) =>
    new Set(linksOf(page).map(link => relative(root, resolve(root, dirname(page), link.split('#')[0]!))));

  it('links to every page of docs, to those on concepts and claims perhaps by their own index', () => {
    const indexes = ['docs/README.md', 'docs/concepts/README.md', 'docs/study.md'];
    const reached = new Set(indexes.flatMap(page => [...linked(page)]));
    expect(own('docs').filter(page => page !== 'docs/README.md' && !reached.has(page))).toEqual([]);
    expect(linked('docs/README.md')).toContain('docs/concepts/README.md');
  });

  it('is linked from the README', () => {
    expect(linked('README.md')).toContain('docs/README.md');
  });
});

it('an anchor is what GitHub makes of a heading', () => {
  expect(anchorsOf('docs/concepts/error-bars.md')).toContain('what--means');
  expect(anchorsOf('docs/engine.md')).toContain('in-a-colleagues-clone');
});
