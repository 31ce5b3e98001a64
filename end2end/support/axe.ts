// Looks at what is on the screen as people with all kinds of eyes and devices get it.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, type Page, test } from '@playwright/test';
import type { AxeResults } from 'axe-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const SCREENS = [
  { name: 'phone', width: 360, height: 740 },
  { name: 'desktop', width: 1280, height: 900 },
] as const;

/** What a look found, in words that name the element. */
async function violations(page: Page): Promise<string[]> {
  // Evaluated, not added as a script: the page's own policy stays in force.
  await page.evaluate(source);
  const results = await page.evaluate<AxeResults>('axe.run(document, { resultTypes: ["violations"] })');
  return results.violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}\n    ${node.html}\n    ${node.failureSummary ?? ''}`),
  );
}

/**
 * Expects that the page as it stands breaks no rule of axe and needs no sideways scrolling, on a phone and a desktop, in
 * light and dark, and down to a width of 320 pixels.
 */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  await test.step(`look at ${what}`, async () => {
    const before = page.viewportSize();
    for (const { name, width, height } of SCREENS) {
      await page.setViewportSize({ width, height });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect.soft(await violations(page), `${what}, ${name}, ${colorScheme}`).toEqual([]);
      }
      await page.emulateMedia({ colorScheme: null });
    }
    await page.setViewportSize({ width: 320, height: 640 });
    const overhang = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect.soft(overhang, `${what}: pixels that stick out at a width of 320`).toBeLessThanOrEqual(0);
    if (before) {
      await page.setViewportSize(before);
    }
  });
}
