// Checks the accessibility of the current page: axe-core's rules, and the reflow at narrow widths.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, type Page, test } from '@playwright/test';
import type { AxeResults } from 'axe-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const SCREENS = [
  { name: 'phone', width: 360, height: 740 },
  { name: 'desktop', width: 1280, height: 900 },
] as const;

/** The rules to run. The colour scheme changes only colours, so the dark scheme needs the colour rules only. */
const RULES = {
  light: '{ resultTypes: ["violations"] }',
  dark: '{ resultTypes: ["violations"], runOnly: { type: "tag", values: ["cat.color"] } }',
} as const;

/** The rules that the page breaks, with the elements. */
async function violations(page: Page, rules: string): Promise<string[]> {
  // The source is evaluated, not added as a script, so that the page's content security policy stays in force.
  if (!(await page.evaluate('"axe" in window'))) {
    await page.evaluate(source);
  }
  const results = await page.evaluate<AxeResults>(`axe.run(document, ${rules})`);
  return results.violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}\n    ${node.html}\n    ${node.failureSummary ?? ''}`),
  );
}

/**
 * Expects that the page breaks no rule of axe and needs no sideways scrolling: on a phone and a desktop, in light and
 * dark, and down to a width of 320 pixels.
 */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  await test.step(`check the accessibility of ${what}`, async () => {
    const before = page.viewportSize();
    for (const { name, width, height } of SCREENS) {
      await page.setViewportSize({ width, height });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect.soft(await violations(page, RULES[colorScheme]), `${what}, ${name}, ${colorScheme}`).toEqual([]);
      }
      await page.emulateMedia({ colorScheme: null });
    }
    await page.setViewportSize({ width: 320, height: 640 });
    const overflow = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth - clientWidth;
    });
    expect.soft(overflow, `${what}: pixels that stick out at a width of 320`).toBeLessThanOrEqual(0);
    if (before) {
      await page.setViewportSize(before);
    }
  });
}
