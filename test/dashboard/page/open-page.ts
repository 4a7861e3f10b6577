import type {Browser, Page} from 'playwright-core';
import {chromium} from 'playwright-core';
import {afterAll, afterEach, expect} from 'vitest';
import {chromiumArgs, chromiumPath} from '../../chromium.js';

/** A page of the dashboard, and what went wrong or elsewhere in it. */
export interface OpenPage {
  readonly page: Page;
  /** Requests to any other place than the page's own. */
  readonly elsewhere: string[];
  /** Errors, those of the Content-Security-Policy among them. */
  readonly errors: string[];
}

/** Opens pages in a Chromium of its own, which is closed with them. */
export function useBrowser(): (url: string, options?: {colorScheme?: 'light' | 'dark'}) => Promise<OpenPage> {
  let browser: Browser | undefined;
  const contexts: {close(): Promise<void>}[] = [];
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });
  afterAll(() => browser?.close());
  return async (url, options) => {
    // On first use, since files with a page may have tests without one.
    browser ??= await chromium.launch({executablePath: chromiumPath(), args: [...chromiumArgs]});
    const context = await browser.newContext({viewport: {width: 1300, height: 900}, ...options});
    contexts.push(context);
    const page = await context.newPage();
    const elsewhere: string[] = [];
    const errors: string[] = [];
    page.on('request', request => {
      if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) elsewhere.push(request.url());
    });
    page.on('pageerror', error => errors.push(String(error)));
    page.on('console', message => {
      // A connection that breaks is said by the browser itself.
      if (message.type() === 'error' && !/net::|Failed to load resource/.test(message.text()))
        errors.push(message.text());
    });
    await page.goto(url);
    return {page, elsewhere, errors};
  };
}

/** The rows of one of the page's tables, each as its cells' texts. */
export function rowsOf(page: Page, name: string): Promise<string[][]> {
  return page
    .getByRole('region', {name})
    .locator('tbody tr')
    .evaluateAll(rows => rows.map(row => [...row.children].map(cell => cell.textContent ?? '')));
}

/** The numbers of the samples that the page has been told of, oldest first. */
export async function samplesOn(page: Page): Promise<number[]> {
  return (await rowsOf(page, 'Newest samples')).map(([, index]) => Number(index)).reverse();
}

/** What stands in the page's heading under a name. */
export function factOn(page: Page, name: string): Promise<string | null> {
  return page
    .locator('.facts div', {has: page.getByText(name, {exact: true})})
    .locator('dd')
    .textContent();
}

/** Waits until a picture is drawn. */
export async function drawn(page: Page, picture: string): Promise<void> {
  await page.locator(`[data-picture="${picture}"] .picture svg`).waitFor();
}

/** How many of a picture's lines there are. */
export function linesOf(page: Page, picture: string): Promise<number> {
  return page.locator(`[data-picture="${picture}"] svg [aria-label="line"] path`).count();
}

export const soon = {timeout: 20_000, interval: 100};
export const expectSoon = <T>(read: () => Promise<T>) => expect.poll(read, soon);
