import type { Page } from '@playwright/test';
import { prependElement, translate, wrapInputs, wrapTexts } from '../support/intruders';
import { Journey } from '../support/journey';
import { ingrid } from '../support/people';
import { ownServer } from '../support/server';
import type { Specimens } from '../support/specimens';
import { expect, test } from '../support/test';

// Extensions and translators change the page before and after the WebAssembly takes it over.

const server = ownServer();

test.describe.configure({ timeout: 240_000 });

/** Holds back the WebAssembly, as a slow line does. Returns what lets it arrive. */
async function holdWasm(page: Page): Promise<() => void> {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => { open = resolve; });
  await page.route('**/*.wasm', async (route) => {
    await opened;
    await route.continue();
  });
  return open;
}

/** The state of a tile as its text, as the rail says it, and its summary line. */
async function expectWords(journey: Journey, tile: 'About you' | 'Documents' | 'Identity check', line: string) {
  await expect(journey.tile(tile).locator('.mark-words')).toHaveText('Done');
  await expect(journey.tile(tile).locator('.tile-line')).toHaveText(line);
  const link = journey.page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: tile });
  await expect(link).toHaveText(`${tile}, done`);
}

/** The way from the documents to the end, on which every live text is the one of the state. */
async function expectLiveTextsToTheEnd(journey: Journey, specimens: Specimens): Promise<void> {
  const announcer = journey.page.locator('[data-announcer]');
  await expectWords(journey, 'About you', 'Ingrid Brandvold, born 14 March 1987');
  await journey.uploadBoth(ingrid, {
    identity: specimens.ofSet('passport.jpg'),
    address: specimens.ofSet('utility-bill.pdf'),
  });
  await expectWords(journey, 'Documents', 'Passport and proof of address received and read');
  await journey.expectTile('Identity check', 'done');
  await expectWords(journey, 'Identity check', 'Your identity is confirmed');
  await expect(announcer).toContainText('Identity check: done.');
  await expect(journey.page.locator('.rail-summary')).toHaveText('Step 4 of 5: Your cover');
  await journey.findPolicies().click();
  await expect(journey.problem('Your cover').getByRole('link')).toHaveCount(9);
  await journey.answer();
  await journey.expectTile('Your cover', 'done');
  await expect(announcer).toContainText('Your cover: done.');
  const policy = await journey.chooseBest();
  await expect(journey.policies().first().getByRole('button')).toHaveText(`Chosen ${policy}`);
  await journey.confirm(policy);
}

for (const [what, change] of [
  ['element that an extension puts first into the body', prependElement],
  ['elements around the inputs', wrapInputs],
  ['elements around all texts', wrapTexts],
  ['translation', translate],
] as const) {
  test(`${what}, before the script arrives, neither stops the page nor loses typed text`, async ({ page }) => {
    const arrive = await holdWasm(page);
    const journey = new Journey(page, server.current.origin);
    await page.goto(server.current.origin);
    await journey.field('First names').fill('Astrid');
    await journey.field('Country').selectOption('SE');
    await page.evaluate(change);
    await journey.field('Last name').focus();
    await expect(journey.sendAboutYouButton()).toBeDisabled();
    arrive();
    await journey.hydrated();
    await expect(journey.field('First names')).toHaveValue('Astrid');
    await expect(journey.field('Country')).toHaveValue('SE');
    await expect(journey.field('Last name')).toBeFocused();
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
    await expect(page.locator('#reload-banner')).toBeEmpty();
    // What was typed is in the form's state, and not only in its inputs.
    await journey.sendAboutYouButton().click();
    await expect(journey.problem('About you').getByRole('link', { name: /first name|country/i })).toHaveCount(0);
    await journey.aboutYou(ingrid);
    await journey.expectLive();
  });
}

test('page that is changed before the script arrives is completed to the end', async ({ page, specimens }) => {
  const arrive = await holdWasm(page);
  const journey = new Journey(page, server.current.origin);
  await page.goto(server.current.origin);
  await page.evaluate(prependElement);
  await page.evaluate(translate);
  arrive();
  await journey.hydrated();
  await journey.aboutYou(ingrid);
  await expectLiveTextsToTheEnd(journey, specimens);
});

test('page that is translated while it is used follows the state to the end', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await page.evaluate(translate);
  await journey.aboutYou(ingrid);
  await expectLiveTextsToTheEnd(journey, specimens);
});

test('page whose translation is taken back follows the state', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await page.evaluate(translate);
  // As by "show original", with text nodes that are new.
  await page.evaluate(() => {
    for (const element of document.querySelectorAll('.tile-head font')) {
      element.replaceWith(document.createTextNode(element.textContent));
    }
  });
  await journey.aboutYou(ingrid);
  await expectWords(journey, 'About you', 'Ingrid Brandvold, born 14 March 1987');
});

test('page of an applicant that is changed before the script arrives keeps its state', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  const arrive = await holdWasm(page);
  await page.reload({ waitUntil: 'domcontentloaded' });
  await page.evaluate(wrapTexts);
  arrive();
  await journey.hydrated();
  await journey.expectTile('About you', 'done');
  await expectWords(journey, 'About you', 'Ingrid Brandvold, born 14 March 1987');
  await journey.expectLive();
});

test('untouched page is hydrated and not rendered anew', async ({ page }) => {
  const arrive = await holdWasm(page);
  const journey = new Journey(page, server.current.origin);
  await page.goto(server.current.origin);
  const main = await page.locator('main').elementHandle();
  arrive();
  await journey.hydrated();
  expect(await main?.evaluate((element) => element.isConnected)).toBe(true);
});
