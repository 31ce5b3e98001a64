import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { eventsOf, gapless } from '../support/api';
import { Journey } from '../support/journey';
import { Listener } from '../support/news';
import { ingrid } from '../support/people';
import { Line } from '../support/proxy';
import { ownServer } from '../support/server';
import { expect, test } from '../support/test';

const server = ownServer();

test('a line that was cut brings what happened meanwhile, each event once', async ({ page, specimens }) => {
  const line = await Line.to(server.current.port);
  const { origin } = server.current;
  const journey = new Journey(page, line.origin);
  const listener = new Listener(page);
  let loads = 0;
  page.on('load', () => (loads += 1));
  await journey.open();
  const { applicationId } = await journey.aboutYou(ingrid);
  await journey.prove('identity', await specimens.ofSet('passport.jpg'), ingrid);
  await journey.expectLive();

  line.cut();
  await expect(journey.connection()).toHaveAttribute('data-connection', 'reconnecting');
  await expect(journey.connection()).toContainText('Reconnecting. What you did is saved.');

  await test.step('meanwhile, the proof of address is handed in from elsewhere', async () => {
    const before = await eventsOf(page.request, origin, applicationId);
    const file = { name: 'bill.pdf', mimeType: 'application/pdf', buffer: await readFile(await specimens.ofSet('utility-bill.pdf')) };
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

  line.mend();
  await journey.expectLive();
  await journey.settle('address', ingrid);
  await journey.finish();

  expect(loads, 'pages loaded').toBe(1);
  expect(listener.sockets).toBeGreaterThan(1);
  const events = await eventsOf(page.request, origin, applicationId);
  expect(events.map((event) => event.sequence)).toEqual(gapless(events));
  await expect.poll(() => listener.follow()).toEqual({ last: events.length, wrong: [] });
  await line.close();
});

test('a line that breaks again and again still brings every event once, in order', async ({ page, specimens }) => {
  const line = await Line.to(server.current.port);
  const { origin } = server.current;
  const journey = new Journey(page, line.origin);
  const listener = new Listener(page);
  await journey.open();
  const { applicationId } = await journey.aboutYou(ingrid);
  for (const [proof, name] of [
    ['identity', 'passport.jpg'],
    ['address', 'utility-bill.pdf'],
  ] as const) {
    await journey.expectLive();
    await journey.handIn(proof, await specimens.ofSet(name));
    line.cut();
    await expect(journey.connection()).toHaveAttribute('data-connection', 'reconnecting');
    line.mend();
    await journey.expectLive();
    await journey.settle(proof, ingrid);
  }
  await journey.expectTile('Identity check', 'done');
  const events = await eventsOf(page.request, origin, applicationId);
  await expect.poll(() => listener.follow()).toEqual({ last: events.length, wrong: [] });

  await test.step('and the page tells each of them once', async () => {
    await page.getByText('What happened when').click();
    await expect(page.getByText('Your identity was confirmed.', { exact: true })).toHaveCount(1);
    await expect(page.locator('.history-list').getByRole('listitem')).toHaveCount(events.length);
  });

  await line.close();
});

test('a device without a network says so, and comes back by itself', async ({ page, context }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.expectLive();
  // Now and then Chromium does not take it at once.
  await expect(async () => {
    await context.setOffline(true);
    expect(await page.evaluate(() => navigator.onLine)).toBe(false);
  }).toPass();
  await expect(journey.connection()).toHaveAttribute('data-connection', 'offline');
  await expect(journey.connection()).toContainText('You are offline. What you did is saved');
  await context.setOffline(false);
  await journey.expectLive();
});

test('a socket that no page of ours opened is refused', async ({ page, request }) => {
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
