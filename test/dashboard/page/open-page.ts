import type {Browser, Page} from 'playwright-core';
import {chromium} from 'playwright-core';
import {afterAll, afterEach, expect} from 'vitest';
import {chromiumArgs, chromiumPath} from '../../chromium.js';

/** A page of the dashboard with its errors and its foreign requests. */
export interface OpenPage {
  readonly page: Page;
  /** Requests to other servers. */
  readonly elsewhere: string[];
  /** Errors, including those of the Content-Security-Policy. */
  readonly errors: string[];
}

/** Opens pages in a Chromium that is closed after the tests. */
export function useBrowser(): (
  url: string,
  options?: {colorScheme?: 'light' | 'dark'; hasTouch?: boolean},
) => Promise<OpenPage> {
  let browser: Browser | undefined;
  const contexts: {close(): Promise<void>}[] = [];
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });
  afterAll(() => browser?.close());
  return async (url, options) => {
    // On first use, since not all tests of a file need a page.
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
      // The browser itself reports broken connections.
      if (message.type() === 'error' && !/net::|Failed to load resource/.test(message.text()))
        errors.push(message.text());
    });
    await page.goto(url);
    return {page, elsewhere, errors};
  };
}

/** The rows of a table of the page, as the texts of their cells. */
export function rowsOf(page: Page, name: string): Promise<string[][]> {
  return page
    .getByRole('region', {name})
    .locator('tbody tr')
    .evaluateAll(rows => rows.map(row => [...row.children].map(cell => cell.textContent ?? '')));
}

/** The numbers of the samples on the page, oldest first. */
export async function samplesOn(page: Page): Promise<number[]> {
  return (await rowsOf(page, 'Newest samples')).map(([, index]) => Number(index)).reverse();
}

/** The value of a fact in the heading of the page. */
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

/** The number of lines in a picture. */
export function linesOf(page: Page, picture: string): Promise<number> {
  return page.locator(`[data-picture="${picture}"] svg [aria-label="line"] path`).count();
}

export const soon = {timeout: 20_000, interval: 100};
export const expectSoon = <T>(read: () => Promise<T>) => expect.poll(read, soon);
