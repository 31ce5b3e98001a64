import { defineConfig, devices } from '@playwright/test';
import { browser } from './support/places';

export default defineConfig({
  testDir: 'specs',
  // Drawn states need no server, hence no stack: once is enough.
  testIgnore: process.env.ONBOARD_TEST_STACK === 'cluster' ? ['document-states.spec.ts'] : [],
  outputDir: 'test-results',
  // Each file has a server of its own, and reading a document takes a whole core: two files at once would only wait.
  workers: 1,
  forbidOnly: true,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: 'test-results/results.json' }]],
  use: {
    ...devices['Desktop Chrome'],
    locale: 'en-GB',
    // Colours are measured and buttons are clicked when they have arrived.
    contextOptions: { reducedMotion: 'reduce' },
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: browser(),
      // A container's /dev/shm is small, and root has no sandbox.
      args: ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    },
  },
});
