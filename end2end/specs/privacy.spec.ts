import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Journey } from '../support/journey';
import { ingrid, viktor } from '../support/people';
import { ownServer } from '../support/server';
import { expect, collectPageErrors, test } from '../support/test';

const server = ownServer();

test('customer cannot access the application of another one', async ({ page, browser, specimens }) => {
  const { origin } = server.current;
  const hers = new Journey(page, origin);
  await hers.open();
  const ids = await hers.aboutYou(ingrid);
  const passport = specimens.ofSet('passport.jpg');
  await hers.uploadAndConfirm('identity', passport, ingrid);

  const context = await browser.newContext();
  const his = new Journey(await context.newPage(), origin);
  const errors = collectPageErrors(his.page);
  await his.open();

  await test.step('a request without a session is refused', async () => {
    const answer = await his.page.request.get(`${origin}/api/applications/${ids.applicationId}`);
    expect(answer.status()).toBe(401);
  });

  await his.aboutYou(viktor);
  const application = `${origin}/api/applications/${ids.applicationId}`;
  const { request } = his.page;
  const headers = { 'Idempotency-Key': randomUUID() };
  // The file is small, because the server may refuse a request and close the connection before it has read a large one.
  const file = { name: 'passport.jpg', mimeType: 'image/jpeg', buffer: (await readFile(passport)).subarray(0, 1000) };
  for (const [what, attempt] of Object.entries({
    snapshot: () => request.get(application),
    events: () => request.get(`${application}/events?after=0`),
    documents: () => request.post(`${application}/documents`, { headers, multipart: { kind: 'passport', file } }),
    confirm: () => request.patch(`${application}/documents/${randomUUID()}`, { data: { fields: {} } }),
    kyc: () => request.post(`${application}/kyc`, { headers }),
    recommendations: () => request.post(`${application}/recommendations`, { headers, data: {} }),
    selection: () => request.post(`${application}/selection`, { headers, data: { policyId: 'x', consent: true } }),
  })) {
    const answer = await attempt();
    expect([403, 404], what).toContain(answer.status());
    expect(answer.headers()['content-type'], what).toContain('application/problem+json');
    expect(await answer.text(), what).not.toMatch(/Ingrid|Brandvold/);
  }

  await test.step('a socket is refused', async () => {
    const outcome = await his.page.evaluate(
      (customerId) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(`ws://${location.host}/ws?customerId=${customerId}&after=0`);
          socket.onopen = () => { resolve('opened'); };
          socket.onerror = () => { resolve('refused'); };
        }),
      ids.customerId,
    );
    expect(outcome).toBe('refused');
  });

  await his.reload();
  await expect(his.tile('About you')).toContainText('Viktor Zarenko');
  await expect(his.page.locator('body')).not.toContainText(/Ingrid|Brandvold/);
  expect(await his.page.content()).not.toMatch(/Ingrid|Brandvold/);

  await test.step('the application is unchanged', async () => {
    await hers.reload();
    await expect(hers.tile('About you')).toContainText('Ingrid Brandvold');
    await hers.expectTile('Documents', 'ready');
  });

  expect(errors).toEqual([]);
  await context.close();
});

test('leaving ends the session and removes all data from the page', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  const { applicationId } = await journey.aboutYou(ingrid);
  await page.getByRole('button', { name: 'Leave on this device' }).click();
  const question = page.getByRole('group', { name: /Leave on this device\?/ });
  await expect(question).toBeFocused();
  await question.getByRole('button', { name: 'Stay' }).click();
  await journey.expectTile('About you', 'done');

  await page.getByRole('button', { name: 'Leave on this device' }).click();
  await question.getByRole('button', { name: 'Leave', exact: true }).click();
  await expect(journey.field('First names')).toHaveValue('');
  await journey.hydrated();
  await expect(page.locator('body')).not.toContainText('Ingrid');
  const answer = await page.request.get(`${server.current.origin}/api/applications/${applicationId}`);
  expect(answer.status()).toBe(401);
});
