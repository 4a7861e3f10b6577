import {readFile} from 'node:fs/promises';

/** The files of the page besides its HTML. */
export interface PageFiles {
  readonly script: string;
  readonly style: string;
}

/** The script and style of the page. In the package they are files; in a checkout they are bundled now. */
export async function pageFiles(): Promise<PageFiles> {
  if (import.meta.url.endsWith('.ts')) {
    const bundler = new URL('../../../scripts/bundle-page.ts', import.meta.url).href;
    const {bundlePage} = (await import(/* @vite-ignore */ bundler)) as {bundlePage(): Promise<PageFiles>};
    return bundlePage();
  }
  const [script, style] = await Promise.all(
    ['dashboard-page.js', 'dashboard-page.css'].map(name => readFile(new URL(`./${name}`, import.meta.url), 'utf8')),
  );
  return {script: script!, style: style!};
}
