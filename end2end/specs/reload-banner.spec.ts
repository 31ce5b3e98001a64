import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe';
import { Previews } from '../support/previews';
import { collectPageErrors, expect, test } from '../support/test';

// The banner that offers a reload: when the WebAssembly is late or has stopped, and when the server is newer than the
// page.

let previews: Previews;

test.beforeAll(async () => {
  previews = await Previews.open();
});

test.afterAll(async () => {
  await previews.close();
});

test.describe.configure({ timeout: 240_000 });

/** Stops the page's clock, so that a slow machine does not let it run ahead of the test. */
async function pauseClock(page: Page): Promise<void> {
  await page.clock.install({ time: new Date('2026-11-21T09:00:00Z') });
  await page.clock.pauseAt(new Date('2026-11-21T09:00:01Z'));
}

const LATE = 'This page is not ready yet';
const NEWER = 'A newer version is ready: reload';

/** A promise and its resolver. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => { open = resolve; });
  return { opened, open };
}

test('banner for a late script appears after five seconds without a layout shift until the script arrives', async ({
  page,
}) => {
  await pauseClock(page);
  const wasm = gate();
  // The server writes the title into the head; previews have none before hydration.
  const edit = (html: string): string => html.replace('</head>', '<title>OnboardAI</title></head>');
  await previews.load(page, '00-new', { wasm: wasm.opened, edit });
  const banner = page.locator('#reload-banner');
  const send = page.getByRole('button', { name: 'Save and continue' });
  await expect(send).toBeDisabled();
  const before = await send.boundingBox();
  await page.clock.runFor(4_900);
  await expect(banner).toBeEmpty();
  await page.clock.runFor(200);
  await expect(banner).toContainText(LATE);
  await expect(page.getByRole('alert')).toContainText(LATE);
  await expect(banner.getByRole('button', { name: 'Reload this page' })).toBeInViewport();
  expect(await send.boundingBox()).toEqual(before);
  // The accessibility checks wait for timers.
  await page.clock.resume();
  await expectAccessible(page, 'a page whose script is late');

  wasm.open();
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
  await expect(banner).toBeEmpty();
  await expect(send).toBeEnabled();
});

test('page with a blocked script offers a reload that keeps typed values', async ({ browser }) => {
  // The page of the fixture fails on console errors, and the failed import is one. So this is another page.
  const page = await browser.newPage();
  await pauseClock(page);
  await previews.load(page, '00-new');
  await page.route('**/pkg/*.js', (route) => route.abort());
  await page.reload({ waitUntil: 'domcontentloaded' });
  await page.getByLabel('First names', { exact: true }).fill('Ingrid');
  await page.getByLabel('Country', { exact: true }).selectOption('NO');
  await page.clock.runFor(5_000);
  await expect(page.getByRole('alert')).toContainText(LATE);

  await page.unroute('**/pkg/*.js');
  const reload = page.getByRole('button', { name: 'Reload this page' });
  await reload.focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
  await expect(page.locator('#reload-banner')).toBeEmpty();
  await expect(page.getByLabel('First names', { exact: true })).toHaveValue('Ingrid');
  await expect(page.getByLabel('Country', { exact: true })).toHaveValue('NO');
  await page.close();
});

test('page without disabled controls shows no banner for a late script', async ({ page }) => {
  await pauseClock(page);
  await previews.load(page, 'phone-link-works', { wasm: gate().opened });
  await page.clock.runFor(6_000);
  await expect(page.getByRole('button', { name: 'Continue on this phone' })).toBeVisible();
  await expect(page.locator('#reload-banner')).toBeEmpty();
});

for (const [what, frame] of [
  ['frame of an unknown type', { type: 'pause' }],
  [
    'unknown reading step',
    { type: 'progress', documentId: '00000000-0000-0000-0000-000000000009', step: 'translating' },
  ],
] as const) {
  test(`${what} offers one reload, which keeps typed values`, async ({ page }) => {
    const preview = await previews.show(page, '22-readings-differ');
    await expect(page.locator('[data-connection]')).toHaveAttribute('data-connection', 'live');
    const number = page.getByRole('group', { name: 'Document number' });
    await number.getByRole('radio', { name: /Something else/ }).check();
    await number.getByLabel('What your document says').fill('NB4821997');
    preview.send(frame);
    await expect(page.getByRole('alert')).toContainText(NEWER);
    preview.send(frame);
    await expect(page.getByText(NEWER)).toHaveCount(1);
    await expect(number.getByLabel('What your document says')).toHaveValue('NB4821997');
    await expectAccessible(page, 'a page that is older than the server');

    await page.getByRole('button', { name: 'Reload this page' }).click();
    await expect(page.locator('html[data-hydrated]')).toBeAttached();
    await expect(page.getByText(NEWER)).toHaveCount(0);
    await expect(number.getByRole('radio', { name: /Something else/ })).toBeChecked();
    await expect(number.getByLabel('What your document says')).toHaveValue('NB4821997');
  });
}

test('unreadable snapshot offers a reload', async ({ page }) => {
  const preview = await previews.show(page, '02-documents', { snapshot: { customerId: 'written by a newer version' } });
  await expect(page.locator('[data-connection]')).toHaveAttribute('data-connection', 'live');
  preview.send({ type: 'resync' });
  await expect(page.getByRole('alert')).toContainText(NEWER);
});

test('page with unreadable state stays as rendered and offers a reload', async ({ page }) => {
  const errors = collectPageErrors(page);
  const edit = (html: string): string => html.replaceAll('kind\\":\\"passport', 'kind\\":\\"residence_permit');
  await previews.load(page, '03-reading', { edit });
  await expect(page.getByRole('alert')).toContainText(NEWER);
  await expect(page.locator('html[data-hydrated]')).toHaveCount(0);
  await expect(page.locator('[data-tile="documents"]')).toHaveAttribute('data-state', 'ready');
  expect(errors).toEqual([]);
});

test('page that was changed unnoticed says that it has stopped, and works after its reload', async ({ browser }) => {
  // The page of the fixture fails on console errors, and the panic is one. So this is another page.
  const page = await browser.newPage();
  // As by a proxy, or by an extension while the page is being parsed.
  const edit = (html: string): string => html.replace('<body>', '<body><p>A bar of a proxy</p>');
  await previews.load(page, '00-new', { edit });
  const send = page.getByRole('button', { name: 'Save and continue' });
  await expect(page.getByRole('alert')).toContainText('This page has stopped working');
  await expect(page.locator('html[data-hydrated]')).toHaveCount(0);
  await expect(send).toBeDisabled();
  await page.getByLabel('First names', { exact: true }).fill('Astrid');
  await page.getByRole('button', { name: 'Reload this page' }).click();
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
  await expect(page.locator('#reload-banner')).toBeEmpty();
  await expect(page.getByLabel('First names', { exact: true })).toHaveValue('Astrid');
  await expect(send).toBeEnabled();
  await page.close();
});

test('heartbeat ignores a jump of the device clock', async ({ page }) => {
  const preview = await previews.show(page, '03-reading');
  await expect(page.locator('[data-connection]')).toHaveAttribute('data-connection', 'live');
  await page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 3_600_000;
    // Makes the page ping the server, and read its clock, at once.
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  });
  preview.progress('preparing');
  await expect(page.locator('[data-step-state="working"]')).toContainText('Straightening the picture');
  preview.progress('reading_page');
  await expect(page.locator('[data-step-state="working"]')).toContainText('Reading the printed page');
  expect(preview.sockets).toBe(1);
});
