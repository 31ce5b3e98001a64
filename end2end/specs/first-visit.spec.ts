import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Journey } from '../support/journey';
import { checkout } from '../support/paths';
import { ingrid } from '../support/people';
import { ownServer } from '../support/server';
import { expect, test } from '../support/test';

const server = ownServer();

/** The figure in the row `what` of docs/benchmarks.md. */
function documented(what: string): number {
  const row = readFileSync(join(checkout, 'docs', 'benchmarks.md'), 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`| ${what} |`));
  return Number(row?.split('|')[2]?.trim());
}

/** Whether a URL is of code that is needed later than the first form. */
const isPart = (url: string): boolean => url.endsWith('.wasm') && !url.endsWith('/onboard-ai.wasm');

const isPartUrl = (url: URL): boolean => isPart(url.pathname);

test('first visit makes the documented number of requests, all to its own server', async ({ page }) => {
  const requests = new Set<string>();
  page.on('request', (request) => requests.add(request.url()));
  await new Journey(page, server.current.origin).open();
  const foreign = [...requests].filter((url) => !url.startsWith(server.current.origin));
  expect(foreign).toEqual([]);
  // Not every build of Chromium asks for the icon when it has no window.
  const counted = [...requests].filter((url) => !url.endsWith('/favicon.svg') && !isPart(url));
  expect(counted, counted.join('\n')).toHaveLength(documented('Requests of a first visit, without the icon'));
});

test('second visit asks for the page alone', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.reload();
  const transferred = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter((entry) => (entry as PerformanceResourceTiming).transferSize > 0)
      .map((entry) => entry.name),
  );
  expect(transferred.filter((url) => !url.endsWith('/favicon.svg') && !isPart(url))).toEqual([]);
});

test('first form is filled in and sent while the code of later steps is on its way', async ({ page }) => {
  let arrive = (): void => undefined;
  const arrived = new Promise<void>((resolve) => { arrive = resolve; });
  await page.route(isPartUrl, async (route) => {
    await arrived;
    await route.continue();
  });
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.fillAboutYou(ingrid);
  await journey.sendAboutYou();
  await expect(journey.tile('About you')).toContainText('We have your details and are saving them.');
  arrive();
  await journey.expectLive();
  await expect(journey.fileInput('identity')).toBeAttached();
});

test('page is read, scrolled and filled in before its code arrives, and its button says what it waits for', async ({
  page,
}) => {
  let arrive = (): void => undefined;
  const arrived = new Promise<void>((resolve) => { arrive = resolve; });
  await page.route('**/onboard-ai.wasm', async (route) => {
    await arrived;
    await route.continue();
  });
  await page.goto(server.current.origin, { waitUntil: 'domcontentloaded' });
  const journey = new Journey(page, server.current.origin);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await journey.fillAboutYou(ingrid);
  await page.mouse.wheel(0, 5_000);
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBeGreaterThan(0);
  const send = journey.sendAboutYouButton();
  await expect(send).toBeDisabled();
  await expect(send).toHaveAccessibleName('Save and continue (when this page is ready)');
  await expect(page.locator('html[data-hydrated]')).toHaveCount(0);

  arrive();
  await journey.hydrated();
  await expect(send).toHaveAccessibleName('Save and continue');
  await expect(journey.field('First names')).toHaveValue(ingrid.firstName);
  await expect(journey.field('Country')).toHaveValue('NO');
  await journey.sendAboutYou();
  await journey.expectTile('About you', 'done');
});

test('page whose files another instance has to serve asks again until it gets them', async ({ browser }) => {
  // The page of the fixture fails on console errors, and a part that did not arrive is one. So this is another page.
  const page = await browser.newPage();
  const refused = new Set<string>();
  await page.route(/\/pkg\/.*\.(js|wasm)$/, async (route) => {
    const url = route.request().url();
    if (refused.has(url)) {
      await route.continue();
    } else {
      refused.add(url);
      await route.fulfill({ status: 404, body: 'not of this build' });
    }
  });
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.expectLive();
  await expect(journey.fileInput('identity')).toBeAttached();
  expect([...refused].filter(isPart)).not.toEqual([]);
  await page.close();
});
