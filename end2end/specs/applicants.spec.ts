// Applicants whose names, addresses and numbers are unlike those of the others: accepted, checked and approved.

import { Journey } from '../support/journey';
import { ingrid, type Person } from '../support/people';
import { ownServer } from '../support/server';
import { expect, test } from '../support/test';

const server = ownServer();

const suharto: Person = {
  ...ingrid,
  firstName: '',
  lastName: 'Suharto',
  nationality: 'IDN',
  email: 'suharto@example.org',
};

test('person with one name gets through the whole journey', async ({ page, specimens }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  const tile = journey.tile('About you');
  await journey.fillAboutYou({ ...suharto, firstName: 'Suharto', lastName: '' });
  await journey.sendAboutYouButton().click();
  await expect(journey.problem('About you').getByRole('link')).toHaveText(/I have only one name/);

  await tile.getByRole('checkbox', { name: 'I have only one name', exact: true }).check();
  await expect(journey.field('Last name')).toHaveCount(0);
  await expect(journey.field('Your name')).toHaveValue('Suharto');
  await journey.sendAboutYou();
  await journey.expectTile('About you', 'done');
  await expect(tile).toContainText('Suharto, born 14 March 1987');

  await journey.upload('identity', await specimens.of(suharto, 'passport'));
  await journey.confirmFields('identity', suharto);
  await journey.uploadAndConfirm('address', await specimens.of(suharto, 'utility-bill'), suharto);
  await journey.expectTile('Identity check', 'done');
  await expect(journey.check('NAME_MATCH')).toContainText('The name you typed is the one on your document.');
  await journey.finish();
  await expect(page.getByText('Suharto', { exact: true })).toBeVisible();
});

test('name in characters agrees with a passport in pinyin', async ({ page, specimens }) => {
  const printed: Person = {
    ...ingrid,
    firstName: 'Xiaoming',
    lastName: 'Wang',
    nationality: 'CHN',
    email: 'xiaoming@example.org',
  };
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.aboutYou({ ...printed, firstName: '小明', lastName: '王' });
  await journey.upload('identity', await specimens.of(printed, 'passport'));
  await journey.confirmFields('identity', printed);
  await journey.uploadAndConfirm('address', await specimens.of(printed, 'utility-bill'), printed);
  await journey.expectTile('Identity check', 'done');
});

const accepted: [what: string, person: Person, shown: string][] = [
  [
    'Bulgarian address with quotation marks',
    {
      ...ingrid,
      countryName: 'Bulgaria',
      line1: 'бул. „Витоша“ 12',
      postalCode: '1000',
      city: 'София',
      phone: '02 812 3456',
    },
    'бул. „Витоша“ 12',
  ],
  [
    'Irish address without an Eircode',
    {
      ...ingrid,
      countryName: 'Ireland',
      line1: '12 Main Street',
      postalCode: '',
      city: 'Sligo',
      phone: '071 912 3456',
    },
    '12 Main Street, Sligo',
  ],
  [
    'Brazilian telephone number in its national form',
    {
      ...ingrid,
      countryName: 'Brazil',
      line1: 'SQS 308 Bloco "C"',
      postalCode: '70355-030',
      city: 'Brasília',
      phone: '(61) 96123-4567',
    },
    '+5561961234567',
  ],
  ['internationalised domain', { ...ingrid, email: 'ingrid@bücher.de' }, 'ingrid@bücher.de'],
];

for (const [what, person, shown] of accepted) {
  test(`${what} is accepted`, async ({ page }) => {
    const journey = new Journey(page, server.current.origin);
    await journey.open();
    await journey.aboutYou(person);
    await journey.openTile('About you');
    await expect(journey.tile('About you')).toContainText(shown);
  });
}

test('impossible telephone number is refused with the reason of the server', async ({ page }) => {
  const journey = new Journey(page, server.current.origin);
  await journey.open();
  await journey.fillAboutYou({ ...ingrid, phone: '412 34 56' });
  await journey.sendAboutYouButton().click();
  await expect(journey.field('Phone number')).toHaveAccessibleDescription(/a digit too few or too many/);
  await expect(journey.field('Phone number')).toHaveValue('412 34 56');
});
