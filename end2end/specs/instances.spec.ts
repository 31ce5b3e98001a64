import { eventsOf, sequencesUpTo } from '../support/api';
import { Journey } from '../support/journey';
import { EventListener } from '../support/event_listener';
import { ingrid } from '../support/people';
import { TcpProxy } from '../support/tcp_proxy';
import { Server } from '../support/server';
import { Stack } from '../support/stack';
import { expect, test as base } from '../support/test';

/** Two web instances behind one proxy, and an instance with all other roles. */
interface Deployment {
  readonly web: readonly [Server, Server];
  readonly proxy: TcpProxy;
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
      const proxy = await TcpProxy.to(...web.map((server) => server.port));
      await use({ web, proxy });
      await proxy.close();
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

/** Both instances. The one with the socket comes first. */
async function holderFirst([one, other]: readonly [Server, Server]): Promise<readonly [Server, Server]> {
  return (await holdsSocket(one)) ? [one, other] : [other, one];
}

test('journey completes after the instance with the socket was killed', async ({ page, specimens, deployment }) => {
  const { web, proxy } = deployment;
  const journey = new Journey(page, proxy.origin);
  const listener = new EventListener(page);
  let loads = 0;
  page.on('load', () => (loads += 1));
  await journey.open();
  const { applicationId } = await journey.aboutYou(ingrid);
  await journey.expectLive();
  await journey.uploadAndConfirm('identity', specimens.ofSet('passport.jpg'), ingrid);

  const [killed, left] = await holderFirst(web);
  expect(await holdsSocket(killed)).toBe(true);
  await journey.upload('address', specimens.ofSet('utility-bill.pdf'));
  await killed.kill();
  // The page may briefly report the connection to the killed instance as live.
  await expect.poll(() => holdsSocket(left)).toBe(true);
  await journey.expectLive();
  await journey.confirmFields('address', ingrid);
  await journey.finish();

  expect(loads, 'pages loaded').toBe(1);
  expect(listener.sockets).toBeGreaterThan(1);
  const events = await eventsOf(page.request, proxy.origin, applicationId);
  expect(events.map((event) => event.sequence)).toEqual(sequencesUpTo(events));
  await expect.poll(() => listener.check()).toEqual({ last: events.length, wrong: [] });
});

test('two tabs on two instances receive each event once', async ({ page, context, specimens, deployment }) => {
  const { web, proxy } = deployment;
  const journey = new Journey(page, proxy.origin);
  await journey.open();
  const { applicationId } = await journey.aboutYou(ingrid);
  await journey.expectLive();
  // The tab is reopened until the other instance holds its socket. The proxy is round-robin, and a page opens several
  // connections.
  const second = await context.newPage();
  const other = new Journey(second, proxy.origin);
  const before = await eventsOf(page.request, proxy.origin, applicationId);
  let heard = new EventListener(second, before.length);
  const both = async () => (await Promise.all(web.map(holdsSocket))).every(Boolean);
  await expect(async () => {
    heard = new EventListener(second, before.length);
    await other.open();
    await other.expectLive();
    expect(await both()).toBe(true);
  }).toPass();

  await journey.uploadAndConfirm('identity', specimens.ofSet('passport.jpg'), ingrid);
  await journey.uploadAndConfirm('address', specimens.ofSet('utility-bill.pdf'), ingrid);
  await journey.expectTile('Identity check', 'done');
  await other.expectTile('Identity check', 'done');
  const events = await eventsOf(page.request, proxy.origin, applicationId);
  await expect.poll(async () => (await heard.check()).last).toBe(events.length);
  expect((await heard.check()).wrong).toEqual([]);
});
