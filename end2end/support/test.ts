// Playwright's test, with what all specs need.

import { test as base, expect, type Page } from '@playwright/test';
import { Specimens } from './specimens';

export { expect };

/** What the browser says of what did not get through: specs that cut lines and kill servers expect that. */
const OF_THE_NETWORK = /^(Failed to load resource|WebSocket connection to|WebSocket is already in CLOSING or CLOSED state)/;

/** Collects what a page should not say: uncaught errors, and errors in its console (hydration, its content policy). */
export function faultsOf(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !OF_THE_NETWORK.test(message.text())) {
      faults.push(message.text());
    }
  });
  return faults;
}

// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- no new fixture for each test, one for each worker
export const test = base.extend<{}, { specimens: Specimens }>({
  page: async ({ page }, use) => {
    const faults = faultsOf(page);
    await use(page);
    expect(faults, 'errors in the page').toEqual([]);
  },
  specimens: [
    async ({}, use) => {
      const specimens = await Specimens.open();
      await use(specimens);
      await specimens.close();
    },
    { scope: 'worker' },
  ],
});
