import { randomUUID } from 'node:crypto';
import { eventsOf, sequencesUpTo } from '../support/api';
import { Journey } from '../support/journey';
import { ingrid } from '../support/people';
import { ownServer } from '../support/server';
import { message } from '../support/stack';
import { expect, test } from '../support/test';

const server = ownServer();

test('journey with a photo of a passport and a bill completes without a reload', async ({
  page,
  specimens,
}) => {
  // A unique address identifies the message.
  const mine = { ...ingrid, email: `${randomUUID()}@example.org` };
  const journey = new Journey(page, server.current.origin);
  let loads = 0;
  page.on('load', () => (loads += 1));
  await journey.open();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your insurance, in five steps');
  for (const tile of ['Documents', 'Identity check', 'Your cover', 'Confirm'] as const) {
    await journey.expectTile(tile, 'locked');
  }

  const { applicationId } = await journey.aboutYou(mine);
  await journey.expectLive();

  await journey.uploadAndConfirm('identity', specimens.ofSet('passport-photo.jpg'), mine);
  await expect(journey.fields('identity').locator('[data-field="dateOfBirth"]')).toContainText('14 March 1987');
  await journey.uploadAndConfirm('address', specimens.ofSet('utility-bill.pdf'), mine);
  await journey.expectTile('Documents', 'done');

  await journey.expectTile('Identity check', 'done');
  await journey.openTile('Identity check');
  await expect(journey.outcome()).toHaveAttribute('data-outcome', 'approved');
  await expect(journey.tile('Identity check').locator('[data-check-state="passed"]')).toHaveCount(5);

  await journey.answer();
  await journey.expectTile('Your cover', 'done');
  await expect(journey.policies()).toHaveCount(5);
  const policy = await journey.chooseBest();
  await journey.confirm(policy);
  await expect(page.locator('main')).toContainText(mine.email);
  expect(loads, 'pages loaded').toBe(1);

  const events = await eventsOf(page.request, server.current.origin, applicationId);
  expect(events.map((event) => event.sequence)).toEqual(sequencesUpTo(events));
  expect([...new Set(events.map((event) => event.eventType))]).toEqual([
    'USER_INFO_SUBMITTED',
    'DOCUMENTS_PROCESSED',
    'KYC_VERIFIED',
    'POLICY_RECOMMENDED',
    'WORKFLOW_COMPLETED',
  ]);

  await test.step('the e-mail names the policy', async () => {
    expect(await message(page, server.current.origin, 'applicant', mine.email)).toContain(policy);
  });
});

test('score is the sum of its points, policies are sorted by score, and exclusions have reasons', async ({
  page,
  specimens,
}) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.chooseKind('Identity card');
  await journey.uploadBoth(ingrid, {
    identity: specimens.ofSet('identity-card.png'),
    address: specimens.ofSet('utility-bill.png'),
  });
  await journey.expectTile('Identity check', 'done');
  await journey.answer();
  await journey.expectTile('Your cover', 'done');

  const cards = await journey.policies().all();
  const scores: number[] = [];
  for (const card of cards) {
    await card.getByText('Why this score').click();
    const points = (await card.locator('details').getByRole('listitem').allInnerTexts()).map((reason) =>
      Number(/: (\d+) points?$/.exec(reason)?.[1]),
    );
    const score = Number(await card.locator('[data-score]').getAttribute('data-score'));
    expect(points.reduce((sum, point) => sum + point, 0)).toBe(score);
    await expect(card).toContainText(/€\s\d+\.\d\d/);
    scores.push(score);
  }
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  expect(Math.max(...scores)).toBeLessThanOrEqual(100);

  await journey.tile('Your cover').getByText('Why not the others').click();
  const others = journey.tile('Your cover').locator('details.others').getByRole('listitem');
  await expect(others).not.toHaveCount(0);
  await expect(others.filter({ hasNotText: ': ' })).toHaveCount(0);
});

test('driving licence is accepted', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.chooseKind('Driving licence');
  await journey.uploadAndConfirm('identity', specimens.ofSet('driving-licence.jpg'), ingrid);
  await expect(journey.slot('identity')).toContainText('Driving licence');
  await expect(journey.fields('identity').locator('[data-field="familyName"]')).toContainText(/brandvold/i);
});
