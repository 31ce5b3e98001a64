import { type Browser, devices, type Page } from '@playwright/test';
import { expectAccessible } from '../support/axe';
import { browserWithCamera, type CameraFeed } from '../support/camera';
import { Journey } from '../support/journey';
import { ingrid } from '../support/people';
import { ownServer } from '../support/server';
import { expect, collectPageErrors, test } from '../support/test';

const server = ownServer();

// Each accessibility check runs on two screens and in two colour schemes.
test.describe.configure({ timeout: 300_000 });

const PLAIN = { locale: 'en-GB', reducedMotion: 'reduce' } as const;
const { userAgent, viewport, deviceScaleFactor, isMobile, hasTouch } = devices['Pixel 7'];
const PHONE = { userAgent, viewport, deviceScaleFactor, isMobile, hasTouch };

/** Calls `run` with a page of a browser with this camera, and expects no errors in the page. */
async function withCamera(feed: CameraFeed, run: (page: Page, browser: Browser) => Promise<void>): Promise<void> {
  const browser = await browserWithCamera(feed);
  try {
    const page = await (await browser.newContext(PLAIN)).newPage();
    const errors = collectPageErrors(page);
    await run(page, browser);
    expect(errors, 'errors in the page').toEqual([]);
  } finally {
    await browser.close();
  }
}

function takePhoto(journey: Journey, proof: 'identity' | 'address') {
  return journey.slot(proof).getByRole('button', { name: `Take a photo of your proof of ${proof}` });
}

/** Counts the cameras that the page keeps on. The page receives a camera after `window.held` resolves. */
async function watchTracks(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const tracks: MediaStreamTrack[] = [];
    Object.assign(window, { tracks, held: Promise.resolve() });
    const devices = navigator.mediaDevices;
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wanted) => {
      const stream = await open(wanted);
      tracks.push(...stream.getTracks());
      await (window as unknown as { held: Promise<void> }).held;
      return stream;
    };
  });
  return () =>
    page.evaluate(() => {
      const { tracks } = window as unknown as { tracks: MediaStreamTrack[] };
      return tracks.filter((track) => track.readyState === 'live').length;
    });
}

test('approved photo is uploaded and read, and a rejected one is retaken', async ({ specimens }) => {
  const file = specimens.ofSet('passport-photo.jpg');
  await withCamera({ file }, async (page) => {
    const on = await watchTracks(page);
    const journey = new Journey(page, server.current.origin);
    await journey.open();
    await journey.aboutYou(ingrid);
    const open = takePhoto(journey, 'identity');
    await open.click();
    const dialog = page.getByRole('dialog', { name: 'Photo of your passport' });
    const take = dialog.getByRole('button', { name: 'Take the photo' });
    await expect(dialog).toHaveAttribute('data-camera', 'live');
    await expect(take).toBeFocused();
    expect(await on()).toBe(1);

    await test.step('the frame has the proportions of the page', async () => {
      const frame = await dialog.locator('.camera-frame').boundingBox();
      expect((frame?.width ?? 0) / (frame?.height ?? 1)).toBeCloseTo(125 / 88, 1);
      const stage = await dialog.locator('.camera-stage').boundingBox();
      expect(frame?.height).toBeLessThanOrEqual(stage?.height ?? 0);
      expect(frame?.width).toBeLessThanOrEqual(stage?.width ?? 0);
    });

    await expectAccessible(page, 'the camera');

    const hide = (hidden: boolean) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
      }, hidden);

    await test.step('a hidden page switches the camera off', async () => {
      await hide(true);
      expect(await on()).toBe(0);
      await hide(false);
      await expect(dialog).toHaveAttribute('data-camera', 'live');
      expect(await on()).toBe(1);
    });

    await test.step('a page that is hidden during the start keeps the camera off until it is visible', async () => {
      await page.keyboard.press('Escape');
      await page.evaluate(() => {
        const held = new Promise((release) => Object.assign(window, { release }));
        Object.assign(window, { held });
      });
      await open.click();
      await expect.poll(on).toBe(1);
      await hide(true);
      await page.evaluate(() => {
        (window as unknown as { release: () => void }).release();
      });
      await expect.poll(on).toBe(0);
      await expect(dialog).toHaveAttribute('data-camera', 'starting');
      await hide(false);
      await expect(dialog).toHaveAttribute('data-camera', 'live');
      expect(await on()).toBe(1);
    });

    await test.step('Escape closes the dialogue, switches the camera off and restores the focus', async () => {
      await page.keyboard.press('Escape');
      await expect(dialog).toBeHidden();
      await expect(open).toBeFocused();
      expect(await on()).toBe(0);
    });

    await page.keyboard.press('Enter');
    await expect(dialog).toHaveAttribute('data-camera', 'live');
    await page.keyboard.press('Enter');
    await expect(dialog).toHaveAttribute('data-camera', 'taken');
    await expect(dialog.getByRole('button', { name: 'Use this photo' })).toBeFocused();
    await expect(dialog.getByRole('img', { name: 'The photo that you took' })).toBeVisible();
    expect(await on()).toBe(0);
    await expectAccessible(page, 'the photo that was taken');

    await dialog.getByRole('button', { name: 'Take it again' }).click();
    await expect(dialog).toHaveAttribute('data-camera', 'live');
    await take.click();
    await expect(dialog).toHaveAttribute('data-camera', 'taken');
    const taken = page.waitForResponse(
      (answer) => answer.request().method() === 'POST' && answer.url().endsWith('/documents'),
    );
    await dialog.getByRole('button', { name: 'Use this photo' }).click();
    expect((await taken).status()).toBe(202);
    await expect(dialog).toBeHidden();
    await journey.confirmFields('identity', ingrid);
    await expect(journey.slot('identity')).toContainText(/photo\.(jpg|png)/);
    await expect(journey.fields('identity')).toContainText('Brandvold');
    expect(await on()).toBe(0);
  });
});

for (const [feed, title] of [
  ['denied', 'This page may not use the camera'],
  ['nothing', 'No camera was found'],
] as const) {
  test(`page without a camera (${feed}) gives the reason and accepts a file`, async ({ specimens }) => {
    await withCamera(feed, async (page) => {
      const journey = new Journey(page, server.current.origin);
      await journey.open();
      await journey.aboutYou(ingrid);
      await takePhoto(journey, 'identity').click();
      const dialog = page.getByRole('dialog', { name: 'Photo of your passport' });
      const trouble = dialog.getByRole('alert');
      await expect(trouble).toContainText(title);
      await expect(trouble).toBeFocused();
      await expectAccessible(page, `no camera: ${feed}`);
      await dialog.getByLabel('Choose a photo').setInputFiles(specimens.ofSet('passport.jpg'));
      await expect(dialog).toBeHidden();
      await journey.confirmFields('identity', ingrid);
      await expect(journey.fields('identity')).toContainText('Brandvold');
    });
  });
}

test('documents from a phone appear on the page of the computer', async ({ page, specimens }) => {
  const file = specimens.ofSet('passport-photo.jpg');
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.expectLive();
  const tile = journey.tile('Documents');
  await tile.getByRole('button', { name: 'Use your phone’s camera for your proof of identity' }).click();
  const panel = tile.getByRole('region', { name: 'Use your phone’s camera' });
  await expect(panel.getByRole('img', { name: /^A QR code of the link/ })).toBeVisible();
  await expect(panel).toContainText(/The code works for (9|10) more minutes/);
  await expect(panel.locator('[data-unreachable]')).toBeVisible();
  await panel.getByText('The link as text').click();
  const url = await panel.locator('[data-phone-link]').innerText();
  expect(url).toMatch(new RegExp(`^${server.current.origin}/phone/[\\w-]{64}$`));
  await expectAccessible(page, 'the code for a phone');

  const browser = await browserWithCamera({ file });
  const context = await browser.newContext({ ...PHONE, ...PLAIN });
  const phone = await context.newPage();
  const errors = collectPageErrors(phone);
  try {
    await phone.goto(url);
    await expect(phone.getByRole('heading', { level: 1 })).toHaveText('Take photos of your documents with this phone');
    await expectAccessible(phone, 'the link on the phone');
    await phone.getByRole('button', { name: 'Continue on this phone' }).click();
    await expect(phone).toHaveURL(`${server.current.origin}/phone`);

    await expect(tile.locator('[data-phone="connected"]')).toContainText('Your phone is connected');
    await expect(panel).toHaveCount(0);
    await expectAccessible(page, 'a phone connected');

    const there = new Journey(phone, server.current.origin);
    await there.hydrated();
    await there.expectLive();
    await expect(phone.getByRole('button', { name: /Use your phone/ })).toHaveCount(0);
    await expectAccessible(phone, 'the documents on the phone');
    const slot = (proof: 'identity' | 'address') =>
      phone.getByRole('region', { name: `Proof of ${proof}`, exact: true });
    // A phone has no drag and drop.
    await expect(slot('identity').getByText('Drop the file here, or')).toBeAttached();
    await expect(slot('identity').getByText('Drop the file here, or')).toBeHidden();
    await slot('identity').getByRole('button', { name: 'Take a photo of your proof of identity' }).click();
    const dialog = phone.getByRole('dialog', { name: 'Photo of your passport' });
    await expect(dialog).toHaveAttribute('data-camera', 'live');
    await dialog.getByRole('button', { name: 'Take the photo' }).click();
    await dialog.getByRole('button', { name: 'Use this photo' }).click();
    await expect(slot('identity').locator('[data-read]')).toBeVisible({ timeout: 45_000 });
    await expect(phone.locator('[data-announcer]')).toContainText('Proof of identity: we have it.');
    await expect(phone.locator('body')).not.toContainText(/Ingrid|Brandvold/i);
    expect(await phone.content()).not.toMatch(/Ingrid|Brandvold/i);
    await expectAccessible(phone, 'a document read, on the phone');
    await journey.confirmFields('identity', ingrid);
    await expect(journey.fields('identity')).toContainText('Brandvold');

    const addressInput = slot('address').getByLabel('Choose a file as proof of address');
    await addressInput.setInputFiles(specimens.ofSet('utility-bill.pdf'));
    await journey.confirmFields('address', ingrid);
    await journey.expectTile('Documents', 'done');
    await journey.expectTile('Identity check', 'done');

    await test.step('the phone reaches no other page', async () => {
      await phone.goto(server.current.origin);
      await expect(phone).toHaveURL(`${server.current.origin}/phone`);
      await there.hydrated();
      await phone.getByRole('button', { name: 'Done on this phone' }).click();
      await expect(phone.getByRole('heading', { level: 1 })).toHaveText('This phone is not connected');
      await expectAccessible(phone, 'a phone that is done');
    });

    await test.step('the link works once', async () => {
      const answer = await phone.goto(url);
      expect(answer?.status()).toBe(410);
      await expect(phone.getByRole('heading', { level: 1 })).toHaveText('This link does not work any more');
      await expectAccessible(phone, 'a used link');
    });

    expect(errors.filter((fault) => !fault.includes('410')), 'errors in the page').toEqual([]);
  } finally {
    await browser.close();
  }
});

test('expired code is reported and can be replaced', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await page.clock.install();
  await journey.open();
  await journey.aboutYou(ingrid);
  const tile = journey.tile('Documents');
  await tile.getByRole('button', { name: 'Use your phone’s camera for your proof of address' }).click();
  const panel = tile.getByRole('region', { name: 'Use your phone’s camera' });
  await panel.getByText('The link as text').click();
  const first = await panel.locator('[data-phone-link]').innerText();
  await page.clock.runFor(9 * 60_000 + 30_000);
  await expect(panel).toContainText('The code works for less than a minute.');
  await page.clock.runFor(31_000);
  await expect(panel).toContainText('The code does not work any more.');
  await expect(tile.getByRole('status').first()).toContainText('The code does not work any more.');
  await panel.getByRole('button', { name: 'Make a new code' }).click();
  await expect(panel).toContainText(/The code works for (9|10) more minutes/);
  await panel.getByText('The link as text').click();
  await expect(panel.locator('[data-phone-link]')).not.toHaveText(first);
  await panel.getByRole('button', { name: 'Close' }).click();
  await expect(panel).toHaveCount(0);
});
