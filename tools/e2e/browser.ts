import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import chromiumBinary from '@sparticuz/chromium';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** How a page is looked at. */
export const looks = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  narrow: { colorScheme: 'light', viewport: { width: 380, height: 800 }, hasTouch: true },
} as const satisfies Record<string, BrowserContextOptions>;
export type Look = keyof typeof looks;

/** A real Chromium, from the package registry. `UNLABEL_CHROMIUM` names another one. */
export async function launchBrowser(): Promise<Browser> {
  const given = process.env['UNLABEL_CHROMIUM'];
  // One process for everything crashes where several pages draw; the rest of its settings are for machines without a GPU.
  const args = chromiumBinary.args.filter((arg) => arg !== '--single-process' && arg !== '--no-zygote');
  return chromium.launch({
    executablePath: given ?? (await chromiumBinary.executablePath()),
    args: [...args, '--no-sandbox'],
    headless: true,
  });
}

/** A machine with other work takes long over what a free one does at once. */
const slowestMs = 120_000;

/** A page that remembers what went wrong in it. */
export interface WatchedPage {
  page: Page;
  /** console errors, uncaught errors, requests that failed or left this machine */
  problems: string[];
}

/** Opens an address in a look; what goes wrong from then on is remembered. */
export async function openPage(
  browser: Browser,
  look: Look,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ ...looks[look], locale: 'en-GB', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(slowestMs);
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    if (!/^(http:\/\/127\.0\.0\.1[:/]|data:|blob:|file:)/.test(request.url()))
      problems.push(`a request to elsewhere: ${request.url()}`);
  });
  return { page, problems };
}

interface AxeResults {
  violations: { id: string; help: string; nodes: { target: string[]; failureSummary?: string }[] }[];
}

/** What axe-core finds against WCAG 2.2 AA, a line each. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const { violations } = (await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })`,
  )) as AxeResults;
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ target, failureSummary = '' }) =>
        `${id}: ${help}: ${target.join(' ')}: ${failureSummary.replaceAll('\n', ' ')}`,
    ),
  );
}

/** What runs in the page: these files know no types of a browser. */
const cutOff = `(() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth + 1)
    found.push('the page is ' + root.scrollWidth + ' px wide in a window of ' + root.clientWidth + ' px');
  for (const element of document.body.querySelectorAll('*')) {
    const { overflowX, textOverflow, clip, clipPath } = getComputedStyle(element);
    const isHidden = clip !== 'auto' || clipPath !== 'none' || element.clientWidth <= 1;
    if (isHidden || !element.innerText || !element.innerText.trim()) continue;
    const cuts = overflowX === 'hidden' || overflowX === 'clip';
    if (cuts && textOverflow !== 'ellipsis' && element.scrollWidth > element.clientWidth + 1)
      found.push(element.tagName.toLowerCase() + '.' + element.className + ': ' + element.innerText.slice(0, 60));
  }
  return found;
})()`;

/** Text that does not fit: the page is wider than its window, or an element cuts off its own text and can't be scrolled. */
export const cutOffText = (page: Page): Promise<string[]> => page.evaluate(cutOff);

/** Milliseconds from the request to the first content that was drawn. */
export const firstPaintMs = (page: Page): Promise<number> =>
  page.evaluate(`performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity`);
