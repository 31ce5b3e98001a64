import { eventsOf, gapless } from '../support/api';
import { Journey } from '../support/journey';
import { Listener } from '../support/news';
import { ingrid } from '../support/people';
import { Line } from '../support/proxy';
import { Server } from '../support/server';
import { Stack } from '../support/stack';
import { expect, test } from '../support/test';

/** Two instances for people, and one that relays, consumes and reads; documents are where all reach them. */
async function deployment(): Promise<{ stack: Stack; web: [Server, Server]; worker: Server }> {
  const stack = await Stack.forSeveral();
  const worker = await Server.start(stack, ['--role', 'relay', '--role', 'consumers']);
  const shared = { ONBOARD_DOCUMENTS__FOLDER: worker.documents, ONBOARD_KAFKA__GROUP_INSTANCE_ID: '' };
  const web: [Server, Server] = [
    await Server.start(stack, ['--role', 'web'], shared),
    await Server.start(stack, ['--role', 'web'], shared),
  ];
  return { stack, web, worker };
}

/** The instance that holds a socket, of those that are up. */
async function holder(servers: readonly Server[]): Promise<Server> {
  for (const server of servers) {
    const metrics = await (await fetch(`${server.origin}/metrics`)).text();
    if (/^onboard_sockets [1-9]/m.test(metrics)) {
      return server;
    }
  }
  throw new Error('no instance holds a socket');
}

test('the instance that holds the socket is killed in the middle, and the tiles complete', async ({ page, specimens }) => {
  const { stack, web, worker } = await deployment();
  const line = await Line.to(...web.map((server) => server.port));
  const journey = new Journey(page, line.origin);
  const listener = new Listener(page);
  let loads = 0;
  page.on('load', () => (loads += 1));
  await journey.open();
  const { applicationId } = await journey.aboutYou(ingrid);
  await journey.expectLive();
  await journey.prove('identity', await specimens.ofSet('passport.jpg'), ingrid);

  const killed = await holder(web);
  const left = web.find((server) => server !== killed);
  await journey.handIn('address', await specimens.ofSet('utility-bill.pdf'));
  await killed.kill();
  await journey.expectLive();
  expect(await holder(left ? [left] : [])).toBe(left);
  await journey.settle('address', ingrid);
  await journey.finish();

  expect(loads, 'pages loaded').toBe(1);
  expect(listener.sockets).toBeGreaterThan(1);
  const events = await eventsOf(page.request, line.origin, applicationId);
  expect(events.map((event) => event.sequence)).toEqual(gapless(events));
  await expect.poll(() => listener.follow()).toEqual({ last: events.length, wrong: [] });
  await line.close();
  await Promise.all([...web, worker].map((server) => server.stop()));
  await stack.stop();
});

test('two tabs on two instances hear the same, each event once', async ({ page, context, specimens }) => {
  const { stack, web, worker } = await deployment();
  const line = await Line.to(...web.map((server) => server.port));
  const journey = new Journey(page, line.origin);
  await journey.open();
  const { applicationId } = await journey.aboutYou(ingrid);
  await journey.expectLive();
  // Opened until the other instance holds one of them: connections take turns, yet pages make several each.
  const second = await context.newPage();
  const other = new Journey(second, line.origin);
  const both = async () => (await Promise.all(web.map((server) => holder([server]).catch(() => undefined)))).every(Boolean);
  await expect(async () => {
    await other.open();
    await other.expectLive();
    expect(await both()).toBe(true);
  }).toPass();
  const before = await eventsOf(page.request, line.origin, applicationId);
  const heard = new Listener(second, before.length);

  await journey.prove('identity', await specimens.ofSet('passport.jpg'), ingrid);
  await journey.prove('address', await specimens.ofSet('utility-bill.pdf'), ingrid);
  await journey.expectTile('Identity check', 'done');
  await other.expectTile('Identity check', 'done');
  const events = await eventsOf(page.request, line.origin, applicationId);
  await expect.poll(async () => (await heard.follow()).last).toBe(events.length);
  expect((await heard.follow()).wrong).toEqual([]);
  await line.close();
  await Promise.all([...web, worker].map((server) => server.stop()));
  await stack.stop();
});
