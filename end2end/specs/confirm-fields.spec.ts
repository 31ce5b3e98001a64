import { Journey } from '../support/journey';
import { ingrid } from '../support/people';
import { covered, EXPIRY_OF_LICENCE } from '../support/pictures';
import { ownServer } from '../support/server';
import { expect, test } from '../support/test';

const server = ownServer();

test('only unread fields are asked of the applicant', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.chooseKind('Driving licence');
  const licence = await specimens.of(ingrid, 'driving-licence');
  await journey.upload('identity', await covered(page, licence, EXPIRY_OF_LICENCE));

  const form = journey.confirmForm('identity');
  await expect(form).toBeVisible({ timeout: 45_000 });
  await journey.expectTile('Documents', 'needs_attention');
  await expect(journey.tile('Documents')).toContainText(/\d fields? to check/);
  const expiry = form.getByLabel('Expiry date', { exact: true });
  await expect(expiry).toHaveValue('');
  await expect(form.getByLabel('Family name', { exact: true })).toHaveCount(0);
  await expect(expiry).toHaveAccessibleDescription(/We could not find this/);
  await expect(journey.fields('identity').locator('[data-field="familyName"]')).toContainText('Brandvold');

  await test.step('an empty answer is refused', async () => {
    await form.getByRole('button', { name: 'Confirm' }).click();
    await expect(journey.slot('identity').getByRole('alert')).toBeFocused();
    await expect(expiry).toHaveAccessibleDescription(/Enter the expiry date/);
  });

  await test.step('the question survives a reload', async () => {
    await journey.reload();
    await expect(expiry).toBeVisible();
  });

  await expiry.fill('2036-02-18');
  await form.getByRole('button', { name: 'Confirm' }).click();
  await expect(form).toHaveCount(0);
  const fact = journey.fields('identity').locator('[data-field="expiryDate"]');
  await expect(fact).toContainText('18 February 2036');
  await expect(fact).toContainText(/by you/);
  await journey.expectTile('Documents', 'ready');

  await journey.uploadAndConfirm('address', specimens.ofSet('utility-bill.pdf'), ingrid);
  await journey.expectTile('Documents', 'done');
  await expect(journey.outcome()).toBeVisible({ timeout: 45_000 });
});

test('document can be replaced before the identity check', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.uploadAndConfirm('identity', specimens.ofSet('passport.jpg'), ingrid);
  await journey.slot('identity').getByRole('button', { name: 'Replace this document' }).click();
  await journey.slot('identity').getByRole('button', { name: 'Keep the document that you sent' }).click();
  await expect(journey.fields('identity')).toBeVisible();

  await journey.slot('identity').getByRole('button', { name: 'Replace this document' }).click();
  await journey.chooseKind('Identity card');
  await journey.uploadAndConfirm('identity', specimens.ofSet('identity-card.png'), ingrid);
  await expect(journey.slot('identity').getByText('Identity card', { exact: true })).toBeVisible();
  await journey.uploadAndConfirm('address', specimens.ofSet('utility-bill.pdf'), ingrid);
  await journey.expectTile('Identity check', 'done');
});
