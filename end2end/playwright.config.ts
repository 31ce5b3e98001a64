import { defineConfig, devices } from '@playwright/test';
import { browser } from './support/paths';
import { onCluster } from './support/stack';

export default defineConfig({
  testDir: 'specs',
  globalSetup: './support/global_setup.ts',
  // On a cluster only the journeys that broker, tables and messages may change: the page is the same on both stacks.
  testMatch: onCluster ? /(complete-journey|connection|crash|instances)\.spec\.ts$/ : '*.spec.ts',
  outputDir: 'test-results',
  // Each file has its own server, and reading a document takes a whole core: two files at a time only slow each other.
  workers: 1,
  forbidOnly: true,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: 'test-results/results.json' }]],
  use: {
    ...devices['Desktop Chrome'],
    locale: 'en-GB',
    // Colours are measured and buttons are clicked at once, not during a transition.
    contextOptions: { reducedMotion: 'reduce' },
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: browser(),
      // The /dev/shm of a container is small, and Chromium has no sandbox for root.
      args: ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    },
  },
});
