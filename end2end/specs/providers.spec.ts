import { Journey } from '../support/journey';
import { ingrid } from '../support/people';
import { ownServer } from '../support/server';
import { type Provider, PROVIDERS, ProviderStub } from '../support/provider_stub';
import { expect, test } from '../support/test';

// Every provider of document readings, from the photo to the outcome, against a stub.

let providers: ProviderStub;

test.beforeAll(async () => {
  providers = await ProviderStub.start();
});

test.afterEach(async ({ request }) => {
  await providers.reset(request);
});

test.afterAll(async () => {
  await providers.stop();
});

const READING = { timeout: 45_000 };

for (const [service, name] of Object.entries(PROVIDERS) as [Provider, string][]) {
  test.describe(name, () => {
    const server = ownServer(() => ({ ...providers.settings(), ONBOARD_DOCUMENTS__ORDER: service }));

    test(`both proofs are read by ${name} and the provenance names it`, async ({ page, specimens, request }) => {
      const journey = new Journey(page, server.current.origin);
      await journey.open();
      await journey.aboutYou(ingrid);
      await journey.uploadAndConfirm('identity', specimens.ofSet('passport.jpg'), ingrid);
      const family = journey.fields('identity').locator('[data-field="familyName"]');
      await expect(family).toContainText('Brandvold');
      await family.locator('summary').click();
      await expect(family.getByRole('listitem').first()).toContainText(`read by ${name}`);
      await journey.uploadAndConfirm('address', specimens.ofSet('utility-bill.png'), ingrid);
      await journey.expectTile('Documents', 'done');
      await expect(journey.outcome()).toBeVisible(READING);
      expect(await providers.requestCount(request, service)).toBeGreaterThanOrEqual(2);
    });
  });
}

test.describe('when the first provider fails', () => {
  const server = ownServer(() => ({
    ...providers.settings(),
    ONBOARD_DOCUMENTS__ORDER: 'textract,custom',
    ONBOARD_DOCUMENTS__PROVIDER_TIMEOUT_S: '3',
    // The circuit breaker must not open, so that each fault reaches the provider.
    ONBOARD_DOCUMENTS__BREAKER_FAILURE_THRESHOLD: '100',
  }));

  for (const fail of ['throttle', '500', 'slow'] as const) {
    test(`next provider reads the document: ${fail}`, async ({ page, specimens, request }) => {
      await providers.configure(request, 'textract', { fail });
      const journey = new Journey(page, server.current.origin);
      await journey.open();
      await journey.aboutYou(ingrid);
      await journey.uploadAndConfirm('identity', specimens.ofSet('passport.jpg'), ingrid);
      const family = journey.fields('identity').locator('[data-field="familyName"]');
      await family.locator('summary').click();
      await expect(family.getByRole('listitem').first()).toContainText('read by our own reader');
      // The applicant sees no difference.
      await expect(journey.slot('identity')).not.toContainText('Textract');
      await expect(journey.tile('Documents').locator('[data-problem]')).toHaveCount(0);
      expect(await providers.requestCount(request, 'textract')).toBeGreaterThanOrEqual(1);
    });
  }
});

test.describe('when a second opinion is configured', () => {
  const server = ownServer(() => ({
    ...providers.settings(),
    ONBOARD_DOCUMENTS__ORDER: 'custom',
    ONBOARD_DOCUMENTS__SECOND_OPINION: 'always',
    ONBOARD_DOCUMENTS__SECOND_OPINION_FROM: 'google_vision',
  }));

  test('agreeing second opinion is shown and needs no confirmation', async ({ page, specimens }) => {
    const journey = new Journey(page, server.current.origin);
    await journey.open();
    await journey.aboutYou(ingrid);
    await journey.upload('identity', specimens.ofSet('passport.jpg'));
    const born = journey.fields('identity').locator('[data-field="dateOfBirth"]');
    await expect(born).toBeVisible(READING);
    await born.locator('summary').click();
    const second = born.getByRole('listitem').filter({ hasText: 'Google Cloud Vision' }).first();
    await expect(second).toContainText('the same');
    await expect(born).toHaveAttribute('data-mark', 'fine');
  });

  test('differing second opinion needs a choice and is reviewed', async ({ page, specimens, request }) => {
    await providers.configure(request, 'google_vision', { told: { dateOfBirth: '1987-03-19' } });
    const journey = new Journey(page, server.current.origin);
    await journey.open();
    await journey.aboutYou(ingrid);
    await journey.upload('identity', specimens.ofSet('passport.jpg'));
    const form = journey.confirmForm('identity');
    await expect(form).toBeVisible(READING);
    const born = form.getByRole('group', { name: 'Date of birth' });
    await expect(born.getByRole('radio', { name: /^19 March 1987/ })).toHaveAccessibleName(/Google Cloud Vision/);
    await born.getByRole('radio', { name: /^14 March 1987/ }).check();
    await form.getByRole('button', { name: 'Confirm' }).click();
    await expect(form).toHaveCount(0);
    await providers.reset(request);
    await journey.uploadAndConfirm('address', specimens.ofSet('utility-bill.png'), ingrid);
    await expect(journey.outcome()).toHaveAttribute('data-outcome', 'review', READING);
  });
});
