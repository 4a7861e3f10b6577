// Which files of the repository are pages of the site, and at which address.
import {readdirSync} from 'node:fs';
import {join, posix, relative, resolve, sep} from 'node:path';
import {fileURLToPath} from 'node:url';

export const repository = fileURLToPath(new URL('..', import.meta.url));

/** What the build makes before VitePress runs: the API reference and the source files that pages link to. */
export const GENERATED = 'out/pages';

const moved: Readonly<Record<string, string>> = {
  'README.md': 'overview.md',
  'FEATURES.md': 'features.md',
  'CONTRIBUTING.md': 'contributing.md',
};
const folders = ['site/', `${GENERATED}/`];

/** The pages that are written by hand, from the root of the repository. */
export function writtenPages(): string[] {
  const docs = readdirSync(join(repository, 'docs'), {recursive: true, encoding: 'utf8'});
  const pages = docs.filter(path => path.endsWith('.md')).map(path => `docs/${path.split(sep).join('/')}`);
  return [...Object.keys(moved), ...pages.sort()];
}

/** The address of a Markdown file, with its ending `.md`: `docs/concepts/README.md` is at `docs/concepts/index.md`. */
export function addressOf(file: string): string {
  const folder = folders.find(start => file.startsWith(start));
  const path = moved[file] ?? (folder ? file.slice(folder.length) : file);
  return path.replace(/(^|\/)README\.md$/, '$1index.md');
}

/**
 * The address in the site of a relative link in a file: of a page, or of the page that shows a source file or folder.
 *
 * @param file where the link is, from the root of the repository.
 */
export function addressOfLink(link: string, file: string): string {
  const [path = '', anchor] = link.split('#');
  const target = relative(repository, resolve(repository, posix.dirname(file), decodeURI(path)))
    .split(sep)
    .join('/');
  const page = target.endsWith('.md') ? addressOf(target) : `source/${target}.md`;
  return `/${page}${anchor === undefined ? '' : `#${anchor}`}`;
}

/** Whether a link leads into the repository, not to the web or within its own page. */
export function isOwnLink(link: string): boolean {
  return !/^(?:[a-z]+:|\/|#)/i.test(link);
}
