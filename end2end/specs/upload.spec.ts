import { readFile } from 'node:fs/promises';
import { eventsOf } from '../support/api';
import { Journey } from '../support/journey';
import { ingrid } from '../support/people';
import { huge } from '../support/pictures';
import { TcpProxy } from '../support/tcp_proxy';
import { ownServer } from '../support/server';
import { expect, test } from '../support/test';

const server = ownServer();

test('document can be dropped, and a page without https offers the camera app of the device', async ({
  page,
  specimens,
}) => {
  // Simulates a page without https. Browsers treat the loopback address as secure.
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'mediaDevices', { get: () => undefined });
    Object.defineProperty(window, 'isSecureContext', { get: () => false });
  });
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await expect(journey.slot('identity')).toContainText('opens your device’s own camera');
  await expect(journey.slot('identity').getByLabel('Take a photo of your proof of identity')).toHaveAttribute(
    'capture',
    'environment',
  );

  const bytes = (await readFile(specimens.ofSet('passport.jpg'))).toString('base64');
  const dragged = await page.evaluateHandle((bytes) => {
    const transfer = new DataTransfer();
    const content = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
    transfer.items.add(new File([content], 'dropped.jpg', { type: 'image/jpeg' }));
    return transfer;
  }, bytes);
  await journey.slot('identity').getByText('Drop the file here, or').dispatchEvent('drop', { dataTransfer: dragged });
  await journey.confirmFields('identity', ingrid);
  await expect(journey.slot('identity')).toContainText('dropped.jpg');
});

test('steps of a reading are shown live', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.expectLive();
  const steps: string[] = [];
  await page.exposeFunction('recordStep', (step: string) => steps.push(step));
  await page.evaluate(() => {
    const { recordStep } = window as unknown as { recordStep: (step: string) => void };
    new MutationObserver(() => {
      const step = document.querySelector('[data-step-state="working"]')?.textContent;
      if (step) {
        recordStep(step);
      }
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  await journey.uploadAndConfirm('identity', specimens.ofSet('passport-photo.jpg'), ingrid);
  expect(new Set(steps).size, `steps seen: ${steps.join('; ')}`).toBeGreaterThanOrEqual(2);
});

test('upload that is retried after a broken connection counts once', async ({ page, specimens }) => {
  const proxy = await TcpProxy.to(server.current.port);
  const journey = new Journey(page, proxy.origin);
  const keys: (string | undefined)[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/documents')) {
      keys.push(request.headers()['idempotency-key']);
    }
  });
  await journey.open();
  const { applicationId } = await journey.aboutYou(ingrid);
  await journey.expectLive();

  proxy.cut();
  await journey.fileInput('identity').setInputFiles(specimens.ofSet('passport.jpg'));
  await expect(journey.slot('identity').getByRole('alert')).toContainText('We could not reach our server');
  proxy.restore();
  await journey.expectLive();
  await journey.slot('identity').getByRole('button', { name: 'Try again' }).click();
  await journey.confirmFields('identity', ingrid);

  expect(keys).toHaveLength(2);
  expect(keys[1]).toBe(keys[0]);
  const events = await eventsOf(page.request, server.current.origin, applicationId);
  expect(events.map((event) => event.eventType)).toEqual(['USER_INFO_SUBMITTED', 'DOCUMENTS_PROCESSED']);
  await proxy.close();
});

test('photo of 48 megapixels and more than 10 MB is made smaller and read', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  const photo = await huge(page, await specimens.of(ingrid, 'passport'));
  expect(photo.buffer.length).toBeGreaterThan(10 * 1024 * 1024);
  await journey.upload('identity', photo);
  await journey.confirmFields('identity', ingrid);
  await expect(journey.slot('identity')).toContainText('IMG_2048.jpg');
  await expect(journey.fields('identity').locator('[data-field="dateOfBirth"]')).toContainText('14 March 1987');
});
