import { aboutYou, Journey } from '../support/journey';
import { ingrid } from '../support/people';
import { TcpProxy } from '../support/tcp_proxy';
import { ownServer } from '../support/server';
import { expect, test } from '../support/test';

const server = ownServer();

test('empty form shows an error summary with a link to each field', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.sendAboutYouButton().click();

  const summary = journey.problem('About you');
  await expect(summary).toBeFocused();
  await expect(summary.getByRole('heading')).toHaveText('There is a problem');
  const links = summary.getByRole('link');
  // Names, date of birth, e-mail, phone, country, street, town and, where the country has one, postal code.
  expect(await links.count()).toBeGreaterThanOrEqual(8);
  for (const link of await links.all()) {
    await link.click();
    const target = (await link.getAttribute('href')) ?? '';
    await expect(page.locator(target)).toBeFocused();
  }

  const name = journey.field('First names');
  await expect(name).toHaveAttribute('aria-invalid', 'true');
  await expect(name).toHaveAccessibleDescription(/Error: /);
});

test('errors are beside their fields and typed values are kept', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.fillAboutYou(ingrid);
  const wrong = new Map([
    ['E-mail address', 'ingrid.example.org'],
    ['Phone number', '22'],
    ['Day', '31'],
    ['Month', '2'],
  ]);
  for (const [label, text] of wrong) {
    await journey.field(label).fill(text);
  }
  await journey.sendAboutYouButton().click();

  await expect(journey.problem('About you').getByRole('link')).toHaveCount(3);
  await expect(journey.field('E-mail address')).toHaveAccessibleDescription(/Error: /);
  await expect(journey.field('Phone number')).toHaveAccessibleDescription(/Error: /);
  await expect(journey.tile('About you').getByRole('group', { name: 'Date of birth' })).toContainText('Error: ');
  for (const [label, text] of aboutYou(ingrid)) {
    await expect(journey.field(label)).toHaveValue(wrong.get(label) ?? text);
  }
  await expect(journey.field('Country')).toHaveValue('NO');
  await journey.expectTile('About you', 'ready');

  await journey.fillAboutYou(ingrid);
  await journey.sendAboutYou();
  await journey.expectTile('About you', 'done');
});

test('click on the submit button sends the form although a disappearing error moves the button', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.fillAboutYou(ingrid);
  const city = journey.field('Town or city');
  await city.fill('');
  await journey.sendAboutYouButton().click();
  await expect(city).toHaveAttribute('aria-invalid', 'true');
  // The field still has its error. The click removes the error, which moves the button.
  await city.fill(ingrid.city);
  await journey.sendAboutYou();
  await journey.expectTile('About you', 'done');
});

test('field shows its error only after it was left', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  const email = journey.field('E-mail address');
  await email.fill('ingrid@');
  await expect(email).not.toHaveAttribute('aria-invalid');
  await email.blur();
  await expect(email).toHaveAttribute('aria-invalid', 'true');
  await expect(journey.field('Phone number')).not.toHaveAttribute('aria-invalid');
});

test('error from the server is shown beside its field', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await page.route('**/api/customers', (route) =>
    route.fulfill({
      status: 422,
      contentType: 'application/problem+json',
      json: {
        type: 'about:blank',
        title: 'Unprocessable Content',
        status: 422,
        code: 'validation_failed',
        detail: 'Some fields need another look.',
        errors: [{ field: 'email', code: 'invalid', message: 'This address takes no mail.' }],
      },
    }),
  );
  await journey.open();
  await journey.fillAboutYou(ingrid);
  await journey.sendAboutYouButton().click();
  await expect(journey.problem('About you')).toBeFocused();
  await expect(journey.problem('About you').getByRole('link')).toHaveText('This address takes no mail.');
  await expect(journey.field('E-mail address')).toHaveAccessibleDescription(/This address takes no mail\./);
  await expect(journey.field('E-mail address')).toHaveValue(ingrid.email);
});

test('retry after a broken connection uses the same idempotency key', async ({ page }) => {
  const proxy = await TcpProxy.to(server.current.port);
  const journey = new Journey(page, proxy.origin);
  const keys: (string | undefined)[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/customers')) {
      keys.push(request.headers()['idempotency-key']);
    }
  });
  await journey.open();
  await journey.fillAboutYou(ingrid);
  proxy.cut();
  await journey.sendAboutYouButton().click();
  await expect(journey.problem('About you')).toContainText('We could not reach our server');
  await expect(journey.problem('About you')).toContainText('Nothing you entered is lost');
  await expect(journey.field('First names')).toHaveValue(ingrid.firstName);

  proxy.restore();
  await journey.sendAboutYou();
  await journey.expectTile('About you', 'done');
  expect(keys).toHaveLength(2);
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(keys[1]).toBe(keys[0]);
  await proxy.close();
});

test('questionnaire and choice report missing answers', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou(ingrid);
  await journey.uploadBoth(ingrid, {
    identity: specimens.ofSet('passport.jpg'),
    address: specimens.ofSet('utility-bill.pdf'),
  });
  await journey.expectTile('Identity check', 'done');

  await journey.findPolicies().click();
  await expect(journey.problem('Your cover')).toBeFocused();
  await expect(journey.problem('Your cover').getByRole('link')).toHaveCount(9);
  await journey.answer();
  await journey.expectTile('Your cover', 'done');

  await journey.confirmButton().click();
  await expect(journey.problem('Confirm')).toBeFocused();
  await expect(journey.problem('Confirm').getByRole('link')).toHaveCount(2);
  const policy = await journey.chooseBest();
  await journey.confirmButton().click();
  await expect(journey.problem('Confirm').getByRole('link')).toHaveText(/^Tick the box/);
  await journey.confirm(policy);
});
