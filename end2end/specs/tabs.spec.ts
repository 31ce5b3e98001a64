import { expectAccessible } from '../support/axe';
import { Journey } from '../support/journey';
import { ingrid, viktor } from '../support/people';
import { ownServer } from '../support/server';
import { expect, test } from '../support/test';

const server = ownServer();

// Each accessibility check runs on two screens and in two colour schemes.
test.describe.configure({ timeout: 240_000 });

test('second tab with the empty form goes on with the application of the first', async ({ page, context }) => {
  const first = new Journey(page, server.current.origin);
  await first.open();
  const second = new Journey(await context.newPage(), server.current.origin);
  await second.open();
  await second.fillAboutYou(viktor);
  await first.aboutYou(ingrid);

  await second.sendAboutYouButton().click();
  const notice = second.problem('About you');
  await expect(notice).toBeFocused();
  await expect(notice).toContainText('Your application is there already');
  await expectAccessible(second.page, 'a form whose application is there already');
  await notice.getByRole('link', { name: 'Go on with it' }).click();
  await second.hydrated();
  await second.expectTile('About you', 'done');
  await expect(second.tile('About you')).toContainText('Ingrid Brandvold');

  // The first tab goes on as before.
  await first.reload();
  await first.expectTile('About you', 'done');
});

test('page whose session another application has taken offers to go on with that', async ({ page, context, specimens }) => {
  const first = new Journey(page, server.current.origin);
  await first.open();
  await first.aboutYou(ingrid);
  // As by two forms that were sent at the same moment, the later cookie of which stayed.
  const cookies = await context.cookies();
  await context.clearCookies();
  const second = new Journey(await context.newPage(), server.current.origin);
  await second.open();
  await second.aboutYou(viktor);
  expect(await context.cookies()).not.toEqual(cookies);

  await first.fileInput('identity').setInputFiles(specimens.ofSet('passport.jpg'));
  const over = page.locator('[data-session-over]');
  await expect(over).toContainText('Another application is open in this browser');
  await expect(first.slot('identity').getByRole('alert')).toContainText('Another application is open');
  await expect(first.slot('identity').getByRole('button', { name: 'Try again' })).toHaveCount(0);
  await expectAccessible(page, 'a page whose session was taken');
  await over.getByRole('link', { name: 'Go on with it' }).click();
  await first.hydrated();
  await expect(first.tile('About you')).toContainText('Viktor Zarenko');
});
