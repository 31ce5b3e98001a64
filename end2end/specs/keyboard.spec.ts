import type { Locator, Page } from '@playwright/test';
import { aboutYou, Journey } from '../support/journey';
import { ingrid } from '../support/people';
import { ownServer } from '../support/server';
import { expect, test } from '../support/test';

const server = ownServer();

/** An upper limit of the tab stops on the first page. */
const STOPS = 40;

/** Presses Tab until `target` has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let stop = 0; stop < STOPS; stop += 1) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((element) => element === document.activeElement)) {
      return;
    }
  }
  throw new Error(`the focus did not come to ${target.toString()} within ${STOPS} stops`);
}

/** Whether the focused element has a visible focus indicator. */
async function focusShows(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const element = document.activeElement;
    // A file input shows the indicator on its label, every other control on itself.
    const style = element && getComputedStyle(element);
    return !!style && ((style.outlineStyle !== 'none' && style.outlineWidth !== '0px') || style.boxShadow !== 'none');
  });
}

test('first form can be completed by keyboard alone', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();

  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();

  const texts = new Map(aboutYou(ingrid));
  for (const label of [
    'First names',
    'Last name',
    'Day',
    'Month',
    'Year',
    'E-mail address',
    'Phone number',
    'Country',
    'Street and number',
    'Flat, floor or building (optional)',
    'Postal code',
    'Town or city',
  ]) {
    await tabTo(page, journey.field(label));
    expect(await focusShows(page), `the focus on ${label} can be seen`).toBe(true);
    await page.keyboard.type(label === 'Country' ? 'Norw' : (texts.get(label) ?? ''));
  }
  await expect(journey.field('Country')).toHaveValue('NO');

  const send = journey.sendAboutYouButton();
  await tabTo(page, send);
  expect(await focusShows(page), 'the focus on the button can be seen').toBe(true);
  await page.keyboard.press('Enter');
  await journey.expectTile('About you', 'done');
  // The form was removed, and the focus moves to the next tile.
  await expect(page.getByRole('heading', { name: 'Documents', exact: true })).toBeFocused();
});

test('error summary can be followed by keyboard alone', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await tabTo(page, journey.field('First names'));
  await page.keyboard.type(ingrid.firstName);
  await page.keyboard.press('Enter');

  const summary = journey.problem('About you');
  await expect(summary).toBeFocused();
  const first = summary.getByRole('link').first();
  await page.keyboard.press('Tab');
  await expect(first).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(journey.field('Last name')).toBeFocused();
  await expect(journey.field('First names')).toHaveValue(ingrid.firstName);
});

test('state changes are announced to screen readers', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  const announcer = page.locator('[data-announcer]');
  await expect(announcer).toHaveAttribute('aria-live', 'polite');
  await expect(announcer).toBeEmpty();
  await journey.aboutYou(ingrid);
  await expect(announcer).toContainText('About you: done.');
});
