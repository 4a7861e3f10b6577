// Pages that show the source files and folders to which the documentation links.
import {mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {dirname, extname, join, posix, relative, resolve, sep} from 'node:path';
import {notebookPage} from './notebook.js';
import {GENERATED, isOwnLink, repository, writtenPages} from './published.js';

/** The files and folders that pages link to and that are not pages themselves. */
export function linkedSources(): string[] {
  const found = writtenPages().flatMap(page => {
    const text = readFileSync(join(repository, page), 'utf8').replaceAll(/^```.*?^```$/gms, '');
    const links = [...text.matchAll(/(?<!!\[[^\]]*)\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
    return links.filter(isOwnLink).map(link => {
      const target = resolve(repository, posix.dirname(page), decodeURI(link.split('#')[0]!));
      return relative(repository, target).split(sep).join('/');
    });
  });
  const pictures = /\.(?:md|svg|png)$/;
  return [...new Set(found)].filter(path => path !== '' && !pictures.test(path)).sort();
}

export function writeSourcePages(): void {
  for (const path of linkedSources()) {
    const page = join(repository, GENERATED, 'source', `${path}.md`);
    mkdirSync(dirname(page), {recursive: true});
    writeFileSync(page, sourcePage(path));
  }
}

function sourcePage(path: string): string {
  const whole = join(repository, path);
  const head = `---\noutline: 2\nsearch: false\n---\n\n# ${path}\n`;
  if (!statSync(whole).isDirectory()) return `${head}\n${shown(whole)}`;
  const files = readdirSync(whole, {recursive: true, encoding: 'utf8'})
    .filter(file => statSync(join(whole, file)).isFile() && !file.includes('node_modules'))
    .sort((a, b) => depth(a) - depth(b) || a.localeCompare(b));
  return head + files.map(file => `\n## ${file.split(sep).join('/')}\n\n${shown(join(whole, file))}`).join('');
}

const depth = (file: string) => file.split(sep).length;

function shown(file: string): string {
  return extname(file) === '.ipynb' ? notebookPage(readFileSync(file, 'utf8')) : fenced(file);
}

function fenced(file: string): string {
  const language = {'.md': 'md', '.ts': 'ts', '.html': 'html', '.json': 'json', '.mjs': 'js', '.py': 'python'}[
    extname(file)
  ];
  return `\`\`\`\`${language ?? 'text'}\n${readFileSync(file, 'utf8').trimEnd()}\n\`\`\`\`\n`;
}
