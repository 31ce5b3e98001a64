import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { eventsOf, sequencesUpTo } from '../support/api';
import { Journey } from '../support/journey';
import { EventListener } from '../support/event_listener';
import { ingrid } from '../support/people';
import { TcpProxy } from '../support/tcp_proxy';
import { ownServer } from '../support/server';
import { expect, test } from '../support/test';

const server = ownServer();

test('reconnected page receives each missed event once', async ({ page, specimens }) => {
  const proxy = await TcpProxy.to(server.current.port);
  const { origin } = server.current;
  const journey = new Journey(page, proxy.origin);
  const listener = new EventListener(page);
  let loads = 0;
  page.on('load', () => (loads += 1));
  await journey.open();
  const { applicationId } = await journey.aboutYou(ingrid);
  await journey.uploadAndConfirm('identity', specimens.ofSet('passport.jpg'), ingrid);
  await journey.expectLive();

  proxy.cut();
  await expect(journey.connection()).toHaveAttribute('data-connection', 'reconnecting');
  await expect(journey.connection()).toContainText('Reconnecting. What you did is saved.');

  await test.step('the proof of address is uploaded by another client', async () => {
    const before = await eventsOf(page.request, origin, applicationId);
    const buffer = await readFile(specimens.ofSet('utility-bill.pdf'));
    const file = { name: 'bill.pdf', mimeType: 'application/pdf', buffer };
    const answer = await page.request.post(`${origin}/api/applications/${applicationId}/documents`, {
      headers: { 'Idempotency-Key': randomUUID() },
      multipart: { kind: 'proof_of_address', file },
    });
    expect(answer.status()).toBe(202);
    await expect
      .poll(async () => (await eventsOf(page.request, origin, applicationId)).length, { timeout: 45_000 })
      .toBeGreaterThan(before.length);
  });

  await journey.expectTile('Documents', 'ready');

  proxy.restore();
  await journey.expectLive();
  await journey.confirmFields('address', ingrid);
  await journey.finish();

  expect(loads, 'pages loaded').toBe(1);
  expect(listener.sockets).toBeGreaterThan(1);
  const events = await eventsOf(page.request, origin, applicationId);
  expect(events.map((event) => event.sequence)).toEqual(sequencesUpTo(events));
  await expect.poll(() => listener.check()).toEqual({ last: events.length, wrong: [] });
  await proxy.close();
});

test('repeated disconnections deliver every event once, in order', async ({ page, specimens }) => {
  const proxy = await TcpProxy.to(server.current.port);
  const { origin } = server.current;
  const journey = new Journey(page, proxy.origin);
  const listener = new EventListener(page);
  await journey.open();
  const { applicationId } = await journey.aboutYou(ingrid);
  for (const [proof, name] of [
    ['identity', 'passport.jpg'],
    ['address', 'utility-bill.pdf'],
  ] as const) {
    await journey.expectLive();
    await journey.upload(proof, specimens.ofSet(name));
    proxy.cut();
    await expect(journey.connection()).toHaveAttribute('data-connection', 'reconnecting');
    proxy.restore();
    await journey.expectLive();
    await journey.confirmFields(proof, ingrid);
  }
  await journey.expectTile('Identity check', 'done');
  const events = await eventsOf(page.request, origin, applicationId);
  await expect.poll(() => listener.check()).toEqual({ last: events.length, wrong: [] });

  await test.step('the history shows each event once', async () => {
    await page.getByText('What happened when').click();
    await expect(page.getByText('Your identity was confirmed.', { exact: true })).toHaveCount(1);
    await expect(page.locator('.history-list').getByRole('listitem')).toHaveCount(events.length);
  });

  await proxy.close();
});

test('offline device is reported and reconnects by itself', async ({ page, context }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.expectLive();
  // Chromium may apply it with a delay.
  await expect(async () => {
    await context.setOffline(true);
    expect(await page.evaluate(() => navigator.onLine)).toBe(false);
  }).toPass();
  await expect(journey.connection()).toHaveAttribute('data-connection', 'offline');
  await expect(journey.connection()).toContainText('You are offline. What you did is saved');
  await context.setOffline(false);
  await journey.expectLive();
});

test('socket from another origin is refused', async ({ page, request }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  const { customerId } = await journey.aboutYou(ingrid);
  const cookies = await page.context().cookies();
  const answer = await request.get(`${server.current.origin}/ws?customerId=${customerId}&after=0`, {
    headers: {
      Origin: 'http://elsewhere.example',
      Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    },
  });
  expect(answer.status()).toBe(403);
});
