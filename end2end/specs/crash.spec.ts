import { eventsOf, gapless } from '../support/api';
import { Journey } from '../support/journey';
import { ingrid } from '../support/people';
import { ownServer } from '../support/server';
import { expect, test } from '../support/test';

const server = ownServer();

test('the server is killed in the middle, and the page goes on when it is back', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  let loads = 0;
  page.on('load', () => (loads += 1));
  await journey.open();
  const { applicationId } = await journey.aboutYou(ingrid);
  await journey.prove('identity', await specimens.ofSet('passport.jpg'), ingrid);
  await journey.expectLive();
  const before = await eventsOf(page.request, server.current.origin, applicationId);

  await server.current.kill();
  await expect(journey.connection()).toHaveAttribute('data-connection', 'reconnecting');
  await expect(journey.connection()).toContainText('What you did is saved');
  await expect(journey.fields('identity')).toBeVisible();

  await server.current.start();
  await journey.expectLive();
  const after = await eventsOf(page.request, server.current.origin, applicationId);
  expect(after.slice(0, before.length)).toEqual(before);

  await journey.prove('address', await specimens.ofSet('utility-bill.pdf'), ingrid);
  await journey.finish();
  expect(loads, 'pages loaded').toBe(1);
  const events = await eventsOf(page.request, server.current.origin, applicationId);
  expect(events.map((event) => event.sequence)).toEqual(gapless(events));
  expect(new Set(events.map((event) => event.eventId)).size).toBe(events.length);
});

test('a document that was taken when the server was killed is read when it is back', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  const file = await specimens.ofSet('passport.jpg');
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.expectLive();
  await journey.handIn('identity', file);
  await server.current.kill();
  await expect(journey.connection()).toHaveAttribute('data-connection', 'reconnecting');

  await server.current.start();
  await journey.expectLive();
  await journey.settle('identity', ingrid);
  await expect(journey.fields('identity').locator('[data-field="dateOfBirth"]')).toContainText('14 March 1987');
});

test('details that were sent in vain are still there, and go through when the server is back', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.fillAboutYou(ingrid);
  await server.current.kill();
  await journey.sendAboutYouButton().click();
  await expect(journey.problem('About you')).toContainText('We could not reach our server');
  await expect(journey.problem('About you')).toBeFocused();
  await expect(journey.field('E-mail address')).toHaveValue(ingrid.email);

  await server.current.start();
  await journey.sendAboutYou();
  await journey.expectTile('About you', 'done');
});
