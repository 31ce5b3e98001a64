import { Journey } from '../support/journey';
import { ingrid } from '../support/people';
import { asWebp, BIRTH_ON_PASSPORT, FAMILY_NAME_ON_PASSPORT, printedOver } from '../support/pictures';
import { ownServer } from '../support/server';
import { expect, test } from '../support/test';

const server = ownServer();

/** The time-out for reading a document: seconds on an idle machine. */
const READING = { timeout: 45_000 };

test('every field shows its provenance and its region', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.upload('identity', await specimens.of(ingrid, 'passport'));
  const fields = journey.fields('identity');
  await expect(fields).toBeVisible(READING);
  const name = fields.locator('[data-field="familyName"]');
  await expect(name).toContainText('Brandvold');
  await expect(name.locator('summary')).toContainText('page and coded lines agree');

  const picture = page.waitForResponse((answer) => /\/documents\/[^/]+\/pages\/1$/.test(answer.url()));
  await name.locator('summary').click();
  const answer = await picture;
  expect(answer.status()).toBe(200);
  expect(answer.headers()['content-type']).toBe('image/jpeg');
  expect(answer.headers()['cache-control']).toContain('no-store');
  await expect(name.getByRole('listitem')).toHaveCount(2);
  const reading = name.getByRole('listitem').first();
  await expect(reading).toContainText(/The printed page, read by our own reader, \d+.%.sure/);
  const cutout = name.locator('[data-cutout="familyName"]');
  await expect(cutout).toBeVisible();
  // The mark is within a letter's width of the name on the specimen.
  const mark = await cutout.locator('svg').evaluate((svg) => {
    const of = (element: string, attribute: string) => Number(svg.querySelector(element)?.getAttribute(attribute));
    const [width, height] = [of('image', 'width'), of('image', 'height')];
    return {
      left: of('rect', 'x') / width,
      top: of('rect', 'y') / height,
      right: (of('rect', 'x') + of('rect', 'width')) / width,
      bottom: (of('rect', 'y') + of('rect', 'height')) / height,
    };
  });
  for (const side of ['left', 'top', 'right', 'bottom'] as const) {
    expect(Math.abs(mark[side] - FAMILY_NAME_ON_PASSPORT[side]), side).toBeLessThan(0.04);
  }
  // All fields of a page share one image.
  let again = 0;
  page.on('request', (request) => { again += Number(request.url().includes('/pages/')); });
  await fields.locator('[data-field="documentNumber"] summary').click();
  await expect(fields.locator('[data-cutout="documentNumber"]')).toBeVisible();
  expect(again).toBe(0);
});

test('differing page and machine-readable zone need a choice, are kept, and are reviewed', async ({
  page,
  specimens,
}) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  const passport = await specimens.of(ingrid, 'passport');
  await journey.upload('identity', await printedOver(page, passport, BIRTH_ON_PASSPORT, '16 MAR 1987'));
  const form = journey.confirmForm('identity');
  await expect(form).toBeVisible(READING);
  await journey.expectTile('Documents', 'needs_attention');
  const born = form.getByRole('group', { name: 'Date of birth' });
  await expect(born.getByRole('radio', { name: /^16 March 1987/ })).toHaveAccessibleName(/The printed page says this/);
  await expect(born.getByRole('radio', { name: /^14 March 1987/ })).toHaveAccessibleName(/The coded lines say this/);
  await expect(form.getByRole('radio', { checked: true })).toHaveCount(0);
  await expect(form.locator('[data-cutout="dateOfBirth"]')).toBeVisible();

  await born.getByRole('radio', { name: /^14 March 1987/ }).check();
  await form.getByRole('button', { name: 'Confirm' }).click();
  await expect(form).toHaveCount(0);
  const fact = journey.fields('identity').locator('[data-field="dateOfBirth"]');
  await expect(fact.locator('.fact-value')).toHaveText('14 March 1987');
  await expect(fact.locator('summary')).toContainText('by you');
  await fact.locator('summary').click();
  await expect(fact.getByRole('listitem').filter({ hasText: '14 March 1987' })).toHaveCount(1);
  await expect(fact.getByRole('listitem').filter({ hasText: '16 March 1987' })).toHaveCount(1);

  await journey.uploadAndConfirm('address', specimens.ofSet('utility-bill.pdf'), ingrid);
  await journey.expectTile('Documents', 'done');
  await expect(journey.outcome()).toHaveAttribute('data-outcome', 'review', READING);
});

test('corrected field keeps the original reading and is reviewed', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  const passport = await specimens.of(ingrid, 'passport');
  await journey.upload('identity', await printedOver(page, passport, BIRTH_ON_PASSPORT, '16 MAR 1987'));
  const form = journey.confirmForm('identity');
  await expect(form).toBeVisible(READING);
  const born = form.getByRole('group', { name: 'Date of birth' });
  await born.getByRole('radio', { name: /Something else/ }).check();
  await born.getByLabel('What your document says').fill('1987-03-17');
  await form.getByRole('button', { name: 'Confirm' }).click();
  const fact = journey.fields('identity').locator('[data-field="dateOfBirth"]');
  await expect(fact).toContainText('17 March 1987');
  await expect(fact).toContainText(/We had read: 1[46] March 1987/);
  await expect(fact.locator('summary')).toContainText('Corrected by you');
  await journey.reload();
  await expect(fact).toContainText(/We had read: 1[46] March 1987/);

  await journey.uploadAndConfirm('address', specimens.ofSet('utility-bill.pdf'), ingrid);
  await expect(journey.outcome()).toHaveAttribute('data-outcome', 'review', READING);
});

test('third unreadable photo is accepted, its fields are typed, and it is reviewed', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  const problem = journey.tile('Documents').locator('[data-problem="document_unreadable"]');
  const unreadable = specimens.ofSet('unreadable.jpg');
  await journey.upload('identity', unreadable);
  await expect(problem).toContainText('You can send two more photos', READING);
  await journey.upload('identity', unreadable);
  await expect(problem).toContainText('You can send one more photo;', READING);
  await journey.upload('identity', unreadable);

  const form = journey.confirmForm('identity');
  await expect(form).toBeVisible(READING);
  await expect(problem).toHaveCount(0);
  await expect(journey.slot('identity').locator('[data-note="picture"]')).toContainText('A colleague looks at it.');
  const answers = {
    'Given names': 'Ingrid',
    'Family name': 'Brandvold',
    'Date of birth': '1987-03-14',
    'Document number': 'NB4821937',
    'Expiry date': '2036-02-18',
  };
  for (const [label, value] of Object.entries(answers)) {
    await form.getByLabel(label, { exact: true }).fill(value);
  }
  await form.getByRole('button', { name: 'Confirm' }).click();
  await expect(journey.fields('identity').locator('[data-field="documentNumber"]')).toContainText('Typed by you');
  await journey.uploadAndConfirm('address', specimens.ofSet('utility-bill.pdf'), ingrid);
  await expect(journey.outcome()).toHaveAttribute('data-outcome', 'review', READING);
});

test('WebP picture is read', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.upload('identity', await asWebp(page, await specimens.of(ingrid, 'passport')));
  const number = journey.fields('identity').locator('[data-field="documentNumber"] .fact-value');
  await expect(number).toHaveText('NB4821937', READING);
});
