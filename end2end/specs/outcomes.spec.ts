import { Journey } from '../support/journey';
import { ingrid, underAge, viktor } from '../support/people';
import { ownServer } from '../support/server';
import { message } from '../support/stack';
import { expect, test } from '../support/test';

const server = ownServer();

test('name on a sanctions list needs review and the page does not disclose the reason', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  const { applicationId } = await journey.aboutYou(viktor);
  await journey.uploadBoth(viktor, {
    identity: await specimens.of(viktor, 'passport'),
    address: await specimens.of(viktor, 'utility-bill'),
  });

  await journey.expectTile('Identity check', 'needs_attention');
  const tile = journey.tile('Identity check');
  await expect(tile).toContainText('With a colleague');
  await expect(journey.outcome()).toHaveAttribute('data-outcome', 'review');
  await expect(journey.outcome()).toContainText('A colleague is looking at your application');
  await expect(journey.outcome()).toContainText('Next: a colleague looks at it, usually within one working day.');
  await expect(journey.outcome()).toContainText(viktor.email);
  await expect(journey.check('WATCHLIST_SCREENING')).toHaveAttribute('data-check-state', 'look');
  await expect(journey.check('AGE_VERIFICATION')).toHaveAttribute('data-check-state', 'passed');
  await expect(tile).not.toContainText(/you are on|match|OFAC/i);

  await test.step('the needs can be answered during the review', async () => {
    await journey.answer();
    await expect(journey.tile('Your cover')).toContainText('as soon as a colleague has finished your identity check');
    await journey.expectTile('Your cover', 'working');
    await journey.expectTile('Confirm', 'locked');
  });

  await test.step('the message to compliance contains the number and not the name', async () => {
    const text = await message(page, server.current.origin, 'compliance', applicationId);
    expect(text).not.toContain(viktor.lastName);
    expect(text).not.toContain(viktor.email);
  });
});

test('applicant of sixteen is rejected with reason and date', async ({ page, specimens }) => {
  const person = underAge();
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(person);
  await journey.uploadBoth(person, {
    identity: await specimens.of(person, 'passport'),
    address: await specimens.of(person, 'utility-bill'),
  });

  await journey.expectTile('Identity check', 'needs_attention');
  await expect(journey.tile('Identity check')).toContainText('Not passed');
  await expect(journey.outcome()).toHaveAttribute('data-outcome', 'rejected');
  await expect(journey.outcome()).toContainText('We could not confirm your identity');
  await expect(journey.outcome().getByRole('listitem').filter({ hasText: 'Your age' })).toContainText(
    /You must be 18 or over\. You can apply from 1 [A-Z][a-z]+ \d{4}\./,
  );
  await expect(journey.outcome()).toContainText('Next:');
  await expect(journey.check('AGE_VERIFICATION')).toHaveAttribute('data-check-state', 'failed');
  await journey.expectTile('Your cover', 'locked');
  await journey.expectTile('Confirm', 'locked');
});

test('unreadable document is reported and a readable one resolves it', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.upload('identity', specimens.ofSet('unreadable.jpg'));

  const problem = journey.tile('Documents').locator('[data-problem="document_unreadable"]');
  await expect(problem).toBeVisible({ timeout: 45_000 });
  await expect(problem.getByRole('heading')).toHaveText('We could not read your document');
  await expect(problem).toContainText('Next: hand in the document again below.');
  await journey.expectTile('Documents', 'needs_attention');
  await expect(journey.tile('Documents')).toContainText('A document could not be used');

  await test.step('the problem survives a reload', async () => {
    await journey.reload();
    await expect(problem).toBeVisible();
  });

  await journey.uploadAndConfirm('identity', specimens.ofSet('passport.jpg'), ingrid);
  await expect(problem).toHaveCount(0);
  await journey.uploadAndConfirm('address', specimens.ofSet('utility-bill.pdf'), ingrid);
  await journey.expectTile('Documents', 'done');
  await journey.expectTile('Identity check', 'done');
});

test('chosen kind of document survives an unreadable photo', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.chooseKind('Driving licence');
  await journey.upload('identity', specimens.ofSet('unreadable.jpg'));

  const problem = journey.tile('Documents').locator('[data-problem="document_unreadable"]');
  await expect(problem).toBeVisible({ timeout: 45_000 });
  await expect(journey.fileInput('identity')).toBeEnabled();
  await expect(journey.slot('identity').getByRole('radio', { name: 'Driving licence', exact: true })).toBeChecked();
  await expect(journey.slot('identity').getByRole('radio', { name: 'Passport', exact: true })).not.toBeChecked();
});

test('file of wrong type or size is refused before the upload', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  let sent = 0;
  page.on('request', (request) => {
    sent += Number(request.method() === 'POST' && request.url().endsWith('/documents'));
  });
  const refused = journey.slot('identity').getByRole('alert');
  const text = { name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear all') };
  await journey.fileInput('identity').setInputFiles(text);
  await expect(refused).toContainText('We can read JPEG, PNG, WebP, TIFF and HEIC pictures and PDF files');
  const large = { name: 'large.png', mimeType: 'image/png', buffer: Buffer.alloc(10 * 1024 * 1024 + 1) };
  await journey.fileInput('identity').setInputFiles(large);
  await expect(refused).toContainText('larger than 10 MB');
  expect(sent, 'uploads sent').toBe(0);
});

test('file without a picture is refused by the server', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  const invalid = { name: 'passport.png', mimeType: 'image/png', buffer: Buffer.from('no picture at all') };
  await journey.fileInput('identity').setInputFiles(invalid);
  await expect(journey.slot('identity').getByRole('alert')).toBeVisible();
  await expect(journey.fileInput('identity')).toBeEnabled();
});

test('document of another kind than chosen is reviewed', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.chooseKind('Passport');
  await journey.uploadBoth(ingrid, {
    identity: specimens.ofSet('identity-card.png'),
    address: specimens.ofSet('utility-bill.pdf'),
  });
  await journey.expectTile('Identity check', 'needs_attention');
  await expect(journey.outcome()).toHaveAttribute('data-outcome', 'review');
  await expect(journey.check('DOCUMENT_VALIDITY')).toHaveAttribute('data-check-state', 'look');
});
