import { expectAccessible } from '../support/axe';
import { Journey } from '../support/journey';
import { ingrid, underAge, viktor } from '../support/people';
import { covered, EXPIRY_OF_LICENCE } from '../support/pictures';
import { TcpProxy } from '../support/tcp_proxy';
import { ownServer } from '../support/server';
import { expect, test } from '../support/test';

const server = ownServer();

// Each accessibility check runs on two screens and in two colour schemes.
test.describe.configure({ timeout: 400_000 });

test('journey to the thank-you page is accessible', async ({ page, specimens }) => {
  const proxy = await TcpProxy.to(server.current.port);
  const journey = new Journey(page, proxy.origin);
  await journey.open();
  await expectAccessible(page, 'the first form');
  await journey.sendAboutYouButton().click();
  await expect(journey.problem('About you')).toBeVisible();
  await expectAccessible(page, 'the first form with errors');

  await journey.aboutYou(ingrid);
  await journey.expectLive();
  await expectAccessible(page, 'the documents asked for');
  await journey.openTile('About you');
  await expectAccessible(page, 'a finished tile, opened');

  await journey.upload('identity', specimens.ofSet('passport-photo.jpg'));
  proxy.cut();
  await expect(journey.connection()).toHaveAttribute('data-connection', 'reconnecting');
  await expect(journey.slot('identity')).toContainText('We are reading it');
  await expectAccessible(page, 'a document being read, while reconnecting');
  proxy.restore();
  await journey.expectLive();
  await expect(journey.fields('identity')).toBeVisible({ timeout: 45_000 });
  await expectAccessible(page, 'a document that was read');
  await journey.confirmFields('identity', ingrid);

  await journey.uploadAndConfirm('address', specimens.ofSet('utility-bill.pdf'), ingrid);
  await journey.expectTile('Identity check', 'done');
  await journey.openTile('Documents');
  await journey.openTile('Identity check');
  await expectAccessible(page, 'the identity check passed, and the questionnaire');

  await journey.findPolicies().click();
  await expect(journey.problem('Your cover')).toBeVisible();
  await expectAccessible(page, 'the questionnaire with errors');
  await journey.answer();
  await journey.expectTile('Your cover', 'done');
  await journey.policies().first().getByText('Why this score').click();
  await journey.tile('Your cover').getByText('Why not the others').click();
  await expectAccessible(page, 'the policies');

  await journey.confirmButton().click();
  await expect(journey.problem('Confirm')).toBeVisible();
  await expectAccessible(page, 'the choice with errors');
  const policy = await journey.chooseBest();
  await page.getByText('What happened when').click();
  await expectAccessible(page, 'a policy chosen, and the history');
  await journey.confirm(policy);
  await expectAccessible(page, 'thank-you');
  await page.getByRole('link', { name: 'Look at your application' }).click();
  await journey.expectTile('Confirm', 'done');
  await expectAccessible(page, 'the finished journey');
  await page.getByRole('button', { name: 'Leave on this device' }).click();
  await expectAccessible(page, 'the question before leaving');

  await page.goto(`${proxy.origin}/outbox`);
  await expect(page.locator('[data-audience]')).not.toHaveCount(0);
  await expectAccessible(page, 'the outbox');
  await proxy.close();
});

test('review is accessible', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(viktor);
  await journey.chooseKind('Identity card');
  await journey.uploadBoth(viktor, {
    identity: await specimens.of(viktor, 'identity-card'),
    address: await specimens.of(viktor, 'utility-bill'),
  });
  await journey.expectTile('Identity check', 'needs_attention');
  await expect(journey.outcome()).toBeVisible();
  await journey.answer();
  await journey.expectTile('Your cover', 'working');
  await expectAccessible(page, 'the review, and the answers that wait for it');
});

test('rejection is accessible', async ({ page, specimens }) => {
  const person = underAge();
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(person);
  await journey.uploadBoth(person, {
    identity: await specimens.of(person, 'passport'),
    address: await specimens.of(person, 'utility-bill'),
  });
  await expect(journey.outcome()).toBeVisible({ timeout: 45_000 });
  await expectAccessible(page, 'the refusal');
});

test('unreadable document and refused file are accessible', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.upload('identity', specimens.ofSet('unreadable.jpg'));
  await expect(journey.tile('Documents').locator('[data-problem]')).toBeVisible({ timeout: 45_000 });
  await expectAccessible(page, 'an unreadable document');
  const text = { name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear all') };
  await journey.fileInput('address').setInputFiles(text);
  await expect(journey.slot('address').getByRole('alert')).toBeVisible();
  await expectAccessible(page, 'a file that cannot be used');
});

test('confirmation of fields is accessible', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.chooseKind('Driving licence');
  const licence = await specimens.of(ingrid, 'driving-licence');
  await journey.upload('identity', await covered(page, licence, EXPIRY_OF_LICENCE));
  await expect(journey.confirmForm('identity')).toBeVisible({ timeout: 45_000 });
  await expectAccessible(page, 'a field to confirm');
  await journey.confirmForm('identity').getByRole('button', { name: 'Confirm' }).click();
  await expect(journey.slot('identity').getByRole('alert')).toBeVisible();
  await expectAccessible(page, 'a field to confirm with an error');
});

test('early thank-you page and unknown page are accessible', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open('/thank-you');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your application is not complete yet');
  await expectAccessible(page, 'thank-you before its time');

  const answer = await page.goto(`${server.current.origin}/no-such-page`);
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no page here');
  await expectAccessible(page, 'no such page');
});

test.describe('without a script', () => {
  test.use({ javaScriptEnabled: false });

  test('page is readable and says that it needs JavaScript', async ({ page }) => {
    await page.goto(server.current.origin);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your insurance, in five steps');
    // Located by its element, because text locators do not search in `noscript`.
    const notice = page.locator('noscript .notice');
    await expect(notice).toBeVisible();
    await expect(notice).toContainText('This form needs JavaScript.');
    await expect(page.getByLabel('First names', { exact: true })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Save and continue' })).toBeDisabled();
  });
});
