import { Journey } from '../support/journey';
import { ingrid } from '../support/people';
import { ownServer } from '../support/server';
import { type Service, SERVICES, Services } from '../support/services';
import { expect, test } from '../support/test';

// Every way in which a document can be read, from the photo to the outcome, against a stand-in for the services.

let services: Services;

test.beforeAll(async () => {
  services = await Services.start();
});

test.afterEach(async ({ request }) => {
  await services.reset(request);
});

test.afterAll(async () => {
  await services.stop();
});

const READING = { timeout: 45_000 };

for (const [service, name] of Object.entries(SERVICES) as [Service, string][]) {
  test.describe(name, () => {
    const server = ownServer(() => ({ ...services.settings(), ONBOARD_DOCUMENTS__ORDER: service }));

    test(`both proofs are read by ${name}, which is named`, async ({ page, specimens, request }) => {
      const journey = new Journey(page, server.current.origin);
      await journey.open();
      await journey.aboutYou(ingrid);
      await journey.prove('identity', await specimens.ofSet('passport.jpg'), ingrid);
      const family = journey.fields('identity').locator('[data-field="familyName"]');
      await expect(family).toContainText('Brandvold');
      await family.locator('summary').click();
      await expect(family.getByRole('listitem').first()).toContainText(`read by ${name}`);
      await journey.prove('address', await specimens.ofSet('utility-bill.png'), ingrid);
      await journey.expectTile('Documents', 'done');
      await expect(journey.outcome()).toBeVisible(READING);
      expect(await services.asked(request, service)).toBeGreaterThanOrEqual(2);
    });
  });
}

test.describe('where the first service fails', () => {
  const server = ownServer(() => ({
    ...services.settings(),
    ONBOARD_DOCUMENTS__ORDER: 'textract,custom',
    ONBOARD_DOCUMENTS__PROVIDER_TIMEOUT_S: '3',
    // Each fault is to be met by the service itself.
    ONBOARD_DOCUMENTS__BREAKER_FAILURE_THRESHOLD: '100',
  }));

  for (const fail of ['throttle', '500', 'slow'] as const) {
    test(`the next one reads the document: ${fail}`, async ({ page, specimens, request }) => {
      await services.has(request, 'textract', { fail });
      const journey = new Journey(page, server.current.origin);
      await journey.open();
      await journey.aboutYou(ingrid);
      await journey.prove('identity', await specimens.ofSet('passport.jpg'), ingrid);
      const family = journey.fields('identity').locator('[data-field="familyName"]');
      await family.locator('summary').click();
      await expect(family.getByRole('listitem').first()).toContainText('read by our own reader');
      // To the applicant it is a document like any other.
      await expect(journey.slot('identity')).not.toContainText('Textract');
      await expect(journey.tile('Documents').locator('[data-problem]')).toHaveCount(0);
      expect(await services.asked(request, 'textract')).toBeGreaterThanOrEqual(1);
    });
  }
});

test.describe('where a second opinion is asked for', () => {
  const server = ownServer(() => ({
    ...services.settings(),
    ONBOARD_DOCUMENTS__ORDER: 'custom',
    ONBOARD_DOCUMENTS__SECOND_OPINION: 'always',
    ONBOARD_DOCUMENTS__SECOND_OPINION_FROM: 'google_vision',
  }));

  test('one that agrees is told, and asks nothing', async ({ page, specimens }) => {
    const journey = new Journey(page, server.current.origin);
    await journey.open();
    await journey.aboutYou(ingrid);
    await journey.handIn('identity', await specimens.ofSet('passport.jpg'));
    const born = journey.fields('identity').locator('[data-field="dateOfBirth"]');
    await expect(born).toBeVisible(READING);
    await born.locator('summary').click();
    await expect(born.getByRole('listitem').filter({ hasText: 'Google Cloud Vision' }).first()).toContainText('the same');
    await expect(born).toHaveAttribute('data-mark', 'fine');
  });

  test('one that differs is put to the applicant, and a colleague looks at it', async ({ page, specimens, request }) => {
    await services.has(request, 'google_vision', { told: { dateOfBirth: '1987-03-19' } });
    const journey = new Journey(page, server.current.origin);
    await journey.open();
    await journey.aboutYou(ingrid);
    await journey.handIn('identity', await specimens.ofSet('passport.jpg'));
    const form = journey.doubts('identity');
    await expect(form).toBeVisible(READING);
    const born = form.getByRole('group', { name: 'Date of birth' });
    await expect(born.getByRole('radio', { name: /^19 March 1987/ })).toHaveAccessibleName(/Google Cloud Vision/);
    await born.getByRole('radio', { name: /^14 March 1987/ }).check();
    await form.getByRole('button', { name: 'Confirm' }).click();
    await expect(form).toHaveCount(0);
    await services.reset(request);
    await journey.prove('address', await specimens.ofSet('utility-bill.png'), ingrid);
    await expect(journey.outcome()).toHaveAttribute('data-outcome', 'review', READING);
  });
});
