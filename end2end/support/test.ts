// Playwright's `test` with the fixtures of all specs.

import { test as base, expect, type Page } from '@playwright/test';
import { Specimens } from './specimens';

export { expect };

/**
 * Errors of the network, which specs that cut connections and kill servers expect. The last two are of a part of the
 * page that was being loaded when the page was left.
 */
const NETWORK_ERRORS = [
  /^(Failed to load resource|WebSocket connection to|WebSocket is already in CLOSING or CLOSED state)/,
  /^TypeError: Failed to fetch\s+at \S*\/__wasm_split\./,
  /^TypeError: WebAssembly compilation aborted: Network error/,
];

const isNetworkError = (text: string): boolean => NETWORK_ERRORS.some((error) => error.test(text));

/** Collects uncaught errors, and errors in the console (hydration, content security policy). */
export function collectPageErrors(page: Page): string[] {
  const errors: string[] = [];
  const collect = (text: string): void => {
    if (!isNetworkError(text)) {
      errors.push(text);
    }
  };
  page.on('pageerror', (error) => { collect(error.stack ?? error.message); });
  page.on('console', (message) => {
    if (message.type() === 'error') {
      collect(message.text());
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
