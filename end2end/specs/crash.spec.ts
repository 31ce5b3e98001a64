import { eventsOf, sequencesUpTo } from '../support/api';
import { Journey } from '../support/journey';
import { ingrid } from '../support/people';
import { ownServer } from '../support/server';
import { expect, test } from '../support/test';

const server = ownServer();

test('journey continues after the server was killed and restarted', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  let loads = 0;
  page.on('load', () => (loads += 1));
  await journey.open();
  const { applicationId } = await journey.aboutYou(ingrid);
  await journey.uploadAndConfirm('identity', specimens.ofSet('passport.jpg'), ingrid);
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

  await journey.uploadAndConfirm('address', specimens.ofSet('utility-bill.pdf'), ingrid);
  await journey.finish();
  expect(loads, 'pages loaded').toBe(1);
  const events = await eventsOf(page.request, server.current.origin, applicationId);
  expect(events.map((event) => event.sequence)).toEqual(sequencesUpTo(events));
  expect(new Set(events.map((event) => event.eventId)).size).toBe(events.length);
});

test('accepted document is read after the server was killed and restarted', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  const file = specimens.ofSet('passport.jpg');
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.expectLive();
  await journey.upload('identity', file);
  await server.current.kill();
  await expect(journey.connection()).toHaveAttribute('data-connection', 'reconnecting');

  await server.current.start();
  await journey.expectLive();
  await journey.confirmFields('identity', ingrid);
  await expect(journey.fields('identity').locator('[data-field="dateOfBirth"]')).toContainText('14 March 1987');
});

test('entered details survive a failed request and can be sent after the restart', async ({ page }) => {
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
