import {relative, sep} from 'node:path';
import type {MarkdownRenderer} from 'vitepress';
import {addressOfLink, isOwnLink, repository} from './published.js';

/** Links between files of the repository lead to their pages here. VitePress then finds the dead ones. */
export function siteLinks(md: MarkdownRenderer): void {
  md.core.ruler.push('site_links', state => {
    const {realPath, path} = state.env as {realPath?: string; path?: string};
    const file = relative(repository, realPath ?? path ?? '')
      .split(sep)
      .join('/');
    for (const {children} of state.tokens) {
      for (const token of children ?? []) {
        const href = token.type === 'link_open' ? token.attrGet('href') : null;
        if (href !== null && isOwnLink(href)) token.attrSet('href', addressOfLink(href, file));
      }
    }
  });
}

/** The anchor of a heading, as code hosts make it, so that one link works on both. */
export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');
}
