import { aboutYou, Journey } from '../support/journey';
import { ingrid } from '../support/people';
import { ownServer } from '../support/server';
import { expect, test } from '../support/test';

const server = ownServer();

test('draft survives a reload', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.fillAboutYou(ingrid);
  await journey.reload();
  for (const [label, text] of aboutYou(ingrid)) {
    await expect(journey.field(label)).toHaveValue(text);
  }
  await expect(journey.field('Country')).toHaveValue('NO');
  await journey.sendAboutYou();
  await journey.expectTile('About you', 'done');
});

test('reload and second tab continue the journey', async ({ page, context, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.uploadAndConfirm('identity', specimens.ofSet('passport.jpg'), ingrid);

  await journey.reload();
  await journey.expectTile('About you', 'done', 1_000);
  await journey.expectTile('Documents', 'ready', 1_000);
  await expect(journey.fields('identity')).toBeVisible();
  await expect(journey.fileInput('address')).toBeAttached();

  await journey.uploadAndConfirm('address', specimens.ofSet('utility-bill.pdf'), ingrid);
  await journey.expectTile('Identity check', 'done');
  await journey.tile('Your cover').getByRole('radio', { name: 'Retired', exact: true }).check();

  await journey.reload();
  await journey.expectTile('Identity check', 'done', 1_000);
  await expect(journey.tile('Your cover').getByRole('radio', { name: 'Retired', exact: true })).toBeChecked();

  const tab = new Journey(await context.newPage(), server.current.origin);
  await tab.open();
  await tab.expectTile('Identity check', 'done', 1_000);
  await tab.page.close();

  const policy = await journey.finish();
  await journey.reload();
  await expect(page.locator('[data-policy-name]')).toHaveText(policy);
});

test('state is rendered by the server', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  const html = await (await page.request.get(server.current.origin)).text();
  expect(html).toContain('Ingrid Brandvold, born 14 March 1987');
});

test('document that is being read survives a reload', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.upload('identity', specimens.ofSet('passport.jpg'));
  await journey.reload();
  await expect(journey.fileInput('identity')).toHaveCount(0);
  await journey.confirmFields('identity', ingrid);
  await expect(journey.fields('identity')).toBeVisible();
});
