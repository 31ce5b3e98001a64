import { expectAccessible } from '../support/axe';
import { Previews } from '../support/previews';
import { expect, test } from '../support/test';

// The documents tile in every state, as the server renders it and the browser hydrates it.

let previews: Previews;

test.beforeAll(async () => {
  previews = await Previews.open();
});

test.afterAll(async () => {
  await previews.close();
});

// Each accessibility check runs on two screens and in two colour schemes.
test.describe.configure({ timeout: 240_000 });

const STATES = {
  '02-documents': 'nothing handed in',
  '05-unreadable': 'a photo that could not be read',
  '20-read-well': 'a passport that was read well',
  '21-one-doubt': 'one doubtful field',
  '22-readings-differ': 'readings that differ',
  '23-nothing-read': 'a document that was taken unread',
  '24-corrected': 'fields that were corrected',
  '25-extra-differs': 'a field that nobody is asked about, but whose readings differ',
  '26-licence': 'a driving licence',
  '27-old-letter': 'a letter that is too old',
  '28-expired': 'a passport that ran out',
  '29-letter-to-check': 'a letter with two addresses',
  '30-asked': 'a document that a colleague asks for',
} as const;

for (const [state, what] of Object.entries(STATES)) {
  test(`${what} is accessible`, async ({ page, specimens }) => {
    await previews.show(page, state, { specimens });
    const documents = page.locator('[data-tile="documents"]');
    await expect(documents).toHaveAttribute('data-open', 'true');
    // All images are loaded, and all disclosures are open.
    await expect(documents.locator('form [data-cutout="coming"]')).toHaveCount(0);
    await expectAccessible(page, what);
    for (const past of await documents.locator('details.past').all()) {
      await past.locator('summary').click();
    }
    await expect(documents.locator('[data-cutout="coming"]')).toHaveCount(0);
    await expectAccessible(page, `${what}, opened`);
  });
}

for (const [state, what] of Object.entries({ '08-review': 'a review', '10-approved': 'an approval' })) {
  test(`documents after ${what} are accessible`, async ({ page, specimens }) => {
    await previews.show(page, state, { specimens });
    const documents = page.locator('[data-tile="documents"]');
    await documents.getByRole('button', { name: 'Show Documents' }).click();
    await expect(documents.locator('[data-document-fields]').first()).toBeVisible();
    const replace = documents.getByRole('button', { name: 'Replace this document' });
    await expect(replace).toHaveCount(state === '10-approved' ? 0 : 2);
    await expectAccessible(page, `the documents after ${what}`);
  });
}

test('steps of a reading are accessible', async ({ page, specimens }) => {
  const preview = await previews.show(page, '03-reading', { specimens });
  const working = page.locator('[data-step-state="working"]');
  await expect(working).toContainText('Received');
  await expectAccessible(page, 'a document that waits');
  for (const [step, words] of [
    ['preparing', 'Straightening the picture'],
    ['reading_mrz', 'Reading the coded lines'],
    ['reading_page', 'Reading the printed page'],
    ['comparing', 'Comparing what was read'],
  ] as const) {
    preview.progress(step);
    await expect(working).toContainText(words);
  }
  await expectAccessible(page, 'a document that was almost read');
});

test('upload shows its progress and its failure', async ({ page, specimens }) => {
  await previews.show(page, '02-documents', { specimens });
  const slot = page.getByRole('region', { name: 'Proof of identity', exact: true });
  const input = slot.getByLabel('Choose a file as proof of identity');
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => { stop = resolve; });
  await page.route('**/documents', async (route) => {
    await stopped;
    await route.abort('internetdisconnected');
  });
  await input.setInputFiles(specimens.ofSet('passport.jpg'));
  await expect(slot.getByRole('progressbar')).toBeVisible();
  await expectAccessible(page, 'an upload under way');
  stop();
  await expect(slot.getByRole('alert')).toContainText('We could not reach our server');
  await expect(slot.getByRole('button', { name: 'Try again' })).toBeVisible();
  await expectAccessible(page, 'an upload that was cut off');
});

test('region of a field is shown beside it and on the whole page', async ({ page, specimens }) => {
  await previews.show(page, '22-readings-differ', { specimens });
  const form = page.locator('form[data-to-confirm="identity"]');
  const cutout = form.locator('[data-cutout="dateOfBirth"]');
  await expect(cutout).toBeVisible();
  await expect(cutout).toHaveAccessibleName(/^The date of birth on your document/);
  // The region of the date of birth on the specimens' passport: x 340 to 523, y 493 to 539 thousandths.
  const frame = await cutout.locator('svg').evaluate((svg) => {
    const { x, y, width, height } = (svg as unknown as SVGSVGElement).viewBox.baseVal;
    const image = svg.querySelector('image');
    const all = { width: Number(image?.getAttribute('width')), height: Number(image?.getAttribute('height')) };
    return {
      left: x / all.width,
      top: y / all.height,
      right: (x + width) / all.width,
      bottom: (y + height) / all.height,
    };
  });
  expect(frame.left).toBeLessThan(0.34);
  expect(frame.right).toBeGreaterThan(0.523);
  expect(frame.top).toBeLessThan(0.493);
  expect(frame.bottom).toBeGreaterThan(0.539);
  expect(frame.bottom - frame.top, 'a part of the page only').toBeLessThan(0.3);

  await cutout.focus();
  await page.keyboard.press('Enter');
  const whole = page.getByRole('dialog', { name: 'Date of birth on page 1' });
  await expect(whole).toBeVisible();
  await expect(whole.locator('rect')).toBeVisible();
  await expectAccessible(page, 'the whole page of a document');
  await page.keyboard.press('Escape');
  await expect(whole).toBeHidden();
  await expect(cutout).toBeFocused();
});

test('missing image causes no layout shift', async ({ page, specimens }) => {
  await previews.show(page, '22-readings-differ');
  const form = page.locator('form[data-to-confirm="identity"]');
  await expect(form.locator('[data-cutout="gone"]')).toHaveCount(2);
  await expectAccessible(page, 'fields to check without their pictures');
  const without = await form.getByRole('button', { name: 'Confirm' }).boundingBox();
  await previews.show(page, '22-readings-differ', { specimens });
  await expect(form.locator('[data-cutout="dateOfBirth"]')).toBeVisible();
  const beside = await form.getByRole('button', { name: 'Confirm' }).boundingBox();
  expect(without?.y).toBe(beside?.y);
});

test('applicant chooses between differing readings and none is preselected', async ({ page, specimens }) => {
  await previews.show(page, '22-readings-differ', { specimens });
  const form = page.locator('form[data-to-confirm="identity"]');
  const born = form.getByRole('group', { name: 'Date of birth' });
  await expect(born.getByRole('radio')).toHaveCount(3);
  await expect(form.getByRole('radio', { checked: true })).toHaveCount(0);
  await expect(born.getByRole('radio', { name: /14 March 1987/ })).toHaveAccessibleName(/The printed page says this/);
  await expect(born.getByRole('radio', { name: /15 March 1987/ })).toHaveAccessibleName(/The coded lines say this/);
  const number = form.getByRole('group', { name: 'Document number' });
  await expect(number.getByRole('radio', { name: /NB4821987/ })).toHaveAccessibleName(/Read by Google Cloud Vision/);
  await expect(form).toContainText('a colleague compares them with your document');

  await form.getByRole('button', { name: 'Confirm' }).click();
  await expect(form.getByRole('alert')).toBeFocused();
  await expect(form.getByRole('alert')).toContainText('Choose the date of birth that is on your document.');
  await expectAccessible(page, 'a choice that was not made');

  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await born.getByRole('radio', { name: /15 March 1987/ }).check();
  await number.getByRole('radio', { name: /Something else/ }).check();
  await number.getByLabel('What your document says').fill('NB4821997');
  await form.getByRole('button', { name: 'Confirm' }).click();
  expect((await sent).postDataJSON()).toEqual({ fields: { dateOfBirth: '1987-03-15', documentNumber: 'NB4821997' } });
});

test('correction keeps the original reading', async ({ page, specimens }) => {
  await previews.show(page, '24-corrected', { specimens });
  const field = (name: string) => page.locator(`[data-field="${name}"]`);
  await expect(field('expiryDate')).toContainText('We had read: 13 February 2036');
  await expect(field('expiryDate').locator('summary')).toContainText('Corrected by you');
  await expect(field('dateOfBirth').locator('summary')).toContainText('Chosen by you, as the coded lines say');
  await expect(field('givenNames').locator('summary')).toContainText('Confirmed by you, from the printed page');
  await expect(field('documentNumber')).toContainText('Typed by you');
  await field('dateOfBirth').locator('summary').click();
  const coded = field('dateOfBirth').getByRole('listitem').nth(1);
  await expect(coded).toContainText('15 March 1987');
  await expect(coded).toContainText('The coded lines, read by our own reader, 99');
});

test('outdated document is reported as soon as it is read', async ({ page, specimens }) => {
  await previews.show(page, '27-old-letter', { specimens });
  await expect(page.locator('[data-proof="address"] [data-note="late"]')).toContainText('This is dated 2 October 2025');
  await expect(page.locator('[data-proof="identity"] [data-note]')).toHaveCount(0);
  await previews.show(page, '28-expired', { specimens });
  const note = page.locator('[data-proof="identity"] [data-note="late"]');
  await expect(note).toContainText('This ran out on 1 February 2025');
});
