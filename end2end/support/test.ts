// Playwright's `test` with the fixtures of all specs.

import { test as base, expect, type Page } from '@playwright/test';
import { Specimens } from './specimens';

export { expect };

/** Errors of the network, which specs that cut connections and kill servers expect. */
const NETWORK_ERROR =
  /^(Failed to load resource|WebSocket connection to|WebSocket is already in CLOSING or CLOSED state)/;

/** Collects uncaught errors, and errors in the console (hydration, content security policy). */
export function collectPageErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !NETWORK_ERROR.test(message.text())) {
      errors.push(message.text());
    }
  });
  return errors;
}

// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- no new fixture for each test, one for each worker
export const test = base.extend<{}, { specimens: Specimens }>({
  page: async ({ page }, use) => {
    const errors = collectPageErrors(page);
    await use(page);
    expect(errors, 'errors in the page').toEqual([]);
  },
  specimens: [
    async ({}, use) => {
      await use(Specimens.open());
    },
    { scope: 'worker' },
  ],
});
