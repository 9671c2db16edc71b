import { join } from 'node:path';

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { makeImageFolder } from '#lib/testing';

import { accessibilityProblems, cutOffText, launchBrowser, openPage } from './browser.ts';
import { tinySimSiam, WatchedStack } from './watched-stack.ts';

let stack: WatchedStack;
let browser: Browser;
beforeAll(async () => {
  [stack, browser] = await Promise.all([WatchedStack.start(), launchBrowser()]);
  await makeImageFolder(join(stack.folder, 'images'), { classes: 3, perClass: 40, size: 16 });
  await stack.ingest('stripes', join(stack.folder, 'images'));
});
afterAll(async () => {
  await (browser as Browser | undefined)?.close();
  await (stack as WatchedStack | undefined)?.[Symbol.asyncDispose]();
});

test('a run started on the page is checked, trains before one’s eyes, and its page has no fault', async () => {
  const { page, problems } = await openPage(browser, 'light');
  await page.goto(stack.address);
  await page.getByText('No run yet').waitFor();
  await page.getByRole('button', { name: 'Start a run' }).click();
  await page.getByLabel('Recipe').selectOption('demo-simsiam');
  const changes = Object.entries({ ...tinySimSiam, epochs: '60' }).map(([key, value]) => `${key}=${value}`);
  await page.getByLabel('Changes, one a line').fill(changes.join('\n'));
  await page.getByLabel('Name (made up if empty)').fill('seen');
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText('It can start.').waitFor();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.getByRole('heading', { name: 'seen', level: 1 }).waitFor();

  const chart = page.getByRole('img', { name: /^loss/i }).first();
  await chart.waitFor();
  const spoken = await chart.getAttribute('aria-label');
  await expect.poll(() => chart.getAttribute('aria-label'), { timeout: 60_000 }).not.toBe(spoken);
  expect(await page.getByRole('img', { name: /^loss/i }).locator('canvas').count()).toBeGreaterThan(0);

  await stack.finished('seen');
  await page.getByText('finished').first().waitFor();
  expect(await accessibilityProblems(page)).toEqual([]);
  expect(await cutOffText(page)).toEqual([]);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('a spec that can not start is refused beside its field', async () => {
  const { page } = await openPage(browser, 'light');
  await page.goto(stack.address);
  await page.getByRole('button', { name: 'Start a run' }).click();
  await page.getByLabel('Recipe').selectOption('demo-simsiam');
  await page.getByLabel('Changes, one a line').fill('bacth=16');
  await page.getByRole('button', { name: 'Check' }).click();
  await page
    .getByText(/did you mean|batch/)
    .first()
    .waitFor();
  expect(await page.getByLabel('Changes, one a line').getAttribute('aria-invalid')).toBe('true');
  await page.context().close();
});
