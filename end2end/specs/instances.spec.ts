import { eventsOf, gapless } from '../support/api';
import { Journey } from '../support/journey';
import { Listener } from '../support/news';
import { ingrid } from '../support/people';
import { Line } from '../support/proxy';
import { Server } from '../support/server';
import { Stack } from '../support/stack';
import { expect, test as base } from '../support/test';

/** Two instances for people behind one line, and one that relays, consumes and reads. */
interface Deployment {
  readonly web: readonly [Server, Server];
  readonly line: Line;
}

const test = base.extend<{ deployment: Deployment }>({
  deployment: async ({}, use) => {
    const stack = await Stack.forSeveral();
    const started: Server[] = [];
    const start = async (...roles: string[]) => {
      const server = await Server.start(stack, roles.flatMap((role) => ['--role', role]));
      started.push(server);
      return server;
    };
    try {
      await start('relay', 'consumers');
      const web = [await start('web'), await start('web')] as const;
      const line = await Line.to(...web.map((server) => server.port));
      await use({ web, line });
      await line.close();
    } finally {
      await Promise.all(started.map((server) => server.stop()));
      await stack.stop();
    }
  },
});

async function holdsSocket(server: Server): Promise<boolean> {
  const metrics = await (await fetch(`${server.origin}/metrics`)).text();
  return /^onboard_sockets [1-9]/m.test(metrics);
}

/** The two, first the one that holds a socket. */
async function holderFirst([one, other]: readonly [Server, Server]): Promise<readonly [Server, Server]> {
  return (await holdsSocket(one)) ? [one, other] : [other, one];
}

test('the instance that holds the socket is killed in the middle, and the tiles complete', async ({ page, specimens, deployment }) => {
  const { web, line } = deployment;
  const journey = new Journey(page, line.origin);
  const listener = new Listener(page);
  let loads = 0;
  page.on('load', () => (loads += 1));
  await journey.open();
  const { applicationId } = await journey.aboutYou(ingrid);
  await journey.expectLive();
  await journey.prove('identity', await specimens.ofSet('passport.jpg'), ingrid);

  const [killed, left] = await holderFirst(web);
  expect(await holdsSocket(killed)).toBe(true);
  await journey.handIn('address', await specimens.ofSet('utility-bill.pdf'));
  await killed.kill();
  // The page may say for a moment that it is connected to what was killed.
  await expect.poll(() => holdsSocket(left)).toBe(true);
  await journey.expectLive();
  await journey.settle('address', ingrid);
  await journey.finish();

  expect(loads, 'pages loaded').toBe(1);
  expect(listener.sockets).toBeGreaterThan(1);
  const events = await eventsOf(page.request, line.origin, applicationId);
  expect(events.map((event) => event.sequence)).toEqual(gapless(events));
  await expect.poll(() => listener.follow()).toEqual({ last: events.length, wrong: [] });
});

test('two tabs on two instances hear the same, each event once', async ({ page, context, specimens, deployment }) => {
  const { web, line } = deployment;
  const journey = new Journey(page, line.origin);
  await journey.open();
  const { applicationId } = await journey.aboutYou(ingrid);
  await journey.expectLive();
  // Opened until the other instance holds one of them: connections take turns, yet pages make several each.
  const second = await context.newPage();
  const other = new Journey(second, line.origin);
  const before = await eventsOf(page.request, line.origin, applicationId);
  let heard = new Listener(second, before.length);
  const both = async () => (await Promise.all(web.map(holdsSocket))).every(Boolean);
  await expect(async () => {
    heard = new Listener(second, before.length);
    await other.open();
    await other.expectLive();
    expect(await both()).toBe(true);
  }).toPass();

  await journey.prove('identity', await specimens.ofSet('passport.jpg'), ingrid);
  await journey.prove('address', await specimens.ofSet('utility-bill.pdf'), ingrid);
  await journey.expectTile('Identity check', 'done');
  await other.expectTile('Identity check', 'done');
  const events = await eventsOf(page.request, line.origin, applicationId);
  await expect.poll(async () => (await heard.follow()).last).toBe(events.length);
  expect((await heard.follow()).wrong).toEqual([]);
});
