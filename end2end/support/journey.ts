// The journey as a person uses it: tiles by their titles, fields by their labels, buttons by their names.

import { expect, type Locator, type Page } from '@playwright/test';
import { inWords, type Person } from './people';
import type { Picture } from './pictures';

export type TileName = 'About you' | 'Documents' | 'Identity check' | 'Your cover' | 'Confirm';
export type TileState = 'locked' | 'ready' | 'working' | 'needs_attention' | 'done';
export type Proof = 'identity' | 'address';

/** The time-out for reading a document: seconds on an idle machine, which browser and broker share here. */
const READING_TIMEOUT_MS = 45_000;

export interface Needs {
  readonly interests: readonly string[];
  readonly dependants: string;
  readonly employment: string;
  readonly home: string;
  readonly vehicle: string;
  readonly trips: string;
  readonly pets: string;
  readonly smoker: 'No' | 'Yes';
  readonly budget: string;
}

/** Answers that many policies fit. */
export const needs: Needs = {
  interests: ['My home and belongings', 'My journeys', 'Damage I do to others'],
  dependants: '1',
  employment: 'Employed',
  home: 'I rent my home',
  vehicle: 'By car',
  trips: '3',
  pets: '0',
  smoker: 'No',
  budget: '120',
};

export class Journey {
  constructor(
    readonly page: Page,
    readonly origin: string,
  ) {}

  /** Opens the page and waits for its hydration. Nothing can be sent before. */
  async open(path = '/'): Promise<void> {
    await this.page.goto(this.origin + path);
    await this.hydrated();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.hydrated();
  }

  async hydrated(): Promise<void> {
    await expect(this.page.locator('html[data-hydrated]')).toBeAttached();
  }

  // --- Tiles -------------------------------------------------------------------------------------------------------

  tile(name: TileName): Locator {
    return this.page.getByRole('region', { name, exact: true });
  }

  async expectTile(name: TileName, state: TileState, timeout = READING_TIMEOUT_MS): Promise<void> {
    await expect(this.tile(name)).toHaveAttribute('data-state', state, { timeout });
  }

  /** Opens a tile, if it is closed. */
  async openTile(name: TileName): Promise<void> {
    if ((await this.tile(name).getAttribute('data-open')) !== 'true') {
      await this.tile(name).getByRole('button', { name: `Show ${name}`, exact: true }).click();
    }
    await expect(this.tile(name)).toHaveAttribute('data-open', 'true');
  }

  connection(): Locator {
    return this.page.locator('[data-connection]');
  }

  async expectLive(): Promise<void> {
    await expect(this.connection()).toHaveAttribute('data-connection', 'live', { timeout: 30_000 });
  }

  /** The notice above a form after a failure. */
  problem(tile: TileName): Locator {
    return this.tile(tile).getByRole('alert');
  }

  // --- Tile 1 ------------------------------------------------------------------------------------------------------

  field(label: string): Locator {
    return this.tile('About you').getByLabel(label, { exact: true });
  }

  async fillAboutYou(person: Person): Promise<void> {
    for (const [label, text] of aboutYou(person)) {
      await this.field(label).fill(text);
    }
    await this.field('Country').selectOption({ label: person.countryName });
  }

  /** Sends the form and returns the ids from the response. */
  async sendAboutYou(): Promise<Ids> {
    const answered = this.page.waitForResponse((answer) => answer.url().endsWith('/api/customers'));
    await this.sendAboutYouButton().click();
    const answer = await answered;
    expect(answer.status()).toBe(201);
    return (await answer.json()) as Ids;
  }

  sendAboutYouButton(): Locator {
    return this.tile('About you').getByRole('button', { name: 'Save and continue' });
  }

  async aboutYou(person: Person): Promise<Ids> {
    await this.fillAboutYou(person);
    const ids = await this.sendAboutYou();
    await this.expectTile('About you', 'done');
    await expect(this.tile('About you')).toContainText(
      `${person.firstName} ${person.lastName}, born ${inWords(person.born)}`,
    );
    return ids;
  }

  // --- Tile 2 ------------------------------------------------------------------------------------------------------

  slot(proof: Proof): Locator {
    return this.tile('Documents').getByRole('region', { name: `Proof of ${proof}`, exact: true });
  }

  /** Chooses the kind of proof of identity. A passport is preselected. */
  async chooseKind(kind: 'Passport' | 'Identity card' | 'Driving licence'): Promise<void> {
    await this.slot('identity').getByRole('radio', { name: kind, exact: true }).check();
  }

  fileInput(proof: Proof): Locator {
    return this.slot(proof).getByLabel(`Choose a file as proof of ${proof}`);
  }

  /** Uploads a file; returns when the server has accepted it. */
  async upload(proof: Proof, file: string | Picture): Promise<void> {
    const taken = this.page.waitForResponse(
      (answer) => answer.request().method() === 'POST' && answer.url().endsWith('/documents'),
    );
    await expect(this.fileInput(proof)).toBeEnabled();
    await this.fileInput(proof).setInputFiles(file);
    expect((await taken).status()).toBe(202);
  }

  /** The fields of a document, once it was read. */
  fields(proof: Proof): Locator {
    return this.slot(proof).locator('[data-document-fields]');
  }

  confirmForm(proof: Proof): Locator {
    return this.slot(proof).locator('form[data-to-confirm]');
  }

  /** Uploads a file, waits until it was read, and confirms the doubtful fields with the person's values. */
  async uploadAndConfirm(proof: Proof, file: string | Picture, person: Person): Promise<void> {
    await this.upload(proof, file);
    await this.confirmFields(proof, person);
  }

  /** Waits until the document was read, and confirms the doubtful fields. */
  async confirmFields(proof: Proof, person: Person): Promise<void> {
    // The last proof closes the tile, which then shows its state only.
    const read = this.fields(proof).or(this.page.locator('[data-tile="documents"][data-state="done"]'));
    await expect(read.first()).toBeVisible({ timeout: READING_TIMEOUT_MS });
    const form = this.confirmForm(proof);
    if ((await form.count()) === 0) {
      return;
    }
    for (const [label, value] of knownFields(person)) {
      const input = form.getByLabel(label, { exact: true });
      if ((await input.count()) > 0 && (await form.getByRole('group', { name: label, exact: true }).count()) === 0) {
        await input.fill(value);
      }
    }
    // If readings differ, chooses the person's value, else the first one.
    for (const group of await form.getByRole('group').all()) {
      const label = await group.locator('legend').innerText();
      const known = knownFields(person).find(([name]) => name === label)?.[1];
      const shown = known !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(known) ? inWords(known) : known;
      const offers = group.getByRole('radio', { name: new RegExp(`^${escape(shown ?? '')}`, 'i') });
      if ((await offers.count()) > 0) {
        await offers.first().check();
      } else {
        await group.getByRole('radio', { name: /^Something else/ }).check();
        await group.getByLabel('What your document says').fill(known ?? '');
      }
    }
    await form.getByRole('button', { name: 'Confirm' }).click();
    await expect(form).toHaveCount(0);
  }

  async uploadBoth(person: Person, files: { identity: string; address: string }): Promise<void> {
    await this.uploadAndConfirm('identity', files.identity, person);
    await this.uploadAndConfirm('address', files.address, person);
    await this.expectTile('Documents', 'done');
  }

  // --- Tile 3 ------------------------------------------------------------------------------------------------------

  check(kind: string): Locator {
    return this.tile('Identity check').locator(`[data-check="${kind}"]`);
  }

  /** The banner with the outcome of the check. */
  outcome(): Locator {
    return this.tile('Identity check').locator('.notice[data-outcome]');
  }

  // --- Tile 4 ------------------------------------------------------------------------------------------------------

  async answer(answers: Needs = needs): Promise<void> {
    const tile = this.tile('Your cover');
    for (const interest of answers.interests) {
      await tile.getByRole('checkbox', { name: interest, exact: true }).check();
    }
    await tile.getByLabel('How many people live on your income?', { exact: true }).fill(answers.dependants);
    await tile.getByRole('radio', { name: answers.employment, exact: true }).check();
    await tile.getByRole('radio', { name: answers.home, exact: true }).check();
    await tile.getByRole('radio', { name: answers.vehicle, exact: true }).check();
    await tile.getByLabel('How many trips abroad do you make in a year?', { exact: true }).fill(answers.trips);
    await tile.getByLabel('How many pets do you have?', { exact: true }).fill(answers.pets);
    await tile
      .getByRole('group', { name: 'Do you smoke?' })
      .getByRole('radio', { name: answers.smoker, exact: true })
      .check();
    await tile.getByLabel('What would you spend in a month, in euro?', { exact: true }).fill(answers.budget);
    await this.findPolicies().click();
  }

  findPolicies(): Locator {
    return this.tile('Your cover').getByRole('button', { name: 'Find my policies' });
  }

  policies(): Locator {
    return this.tile('Your cover').getByRole('article');
  }

  /** Chooses the best policy; returns its name. */
  async chooseBest(): Promise<string> {
    const best = this.policies().first();
    const name = await best.getByRole('heading').innerText();
    await best.getByRole('button', { name: `Choose ${name}`, exact: true }).click();
    return name;
  }

  // --- Tile 5 ------------------------------------------------------------------------------------------------------

  consent(): Locator {
    return this.tile('Confirm').getByRole('checkbox', { name: /^I agree/ });
  }

  confirmButton(): Locator {
    return this.tile('Confirm').getByRole('button', { name: 'Choose this policy' });
  }

  /** Consents and sends the choice; ends on the thank-you page. */
  async confirm(policy: string): Promise<void> {
    await expect(this.tile('Confirm').getByRole('radio', { name: new RegExp(`^${escape(policy)}, `) })).toBeChecked();
    await this.consent().check();
    await this.confirmButton().click();
    await this.page.waitForURL('**/thank-you');
    await expect(this.page.getByRole('heading', { level: 1 })).toHaveText('Thank you. Your application is complete.');
    await expect(this.page.locator('[data-policy-name]')).toHaveText(policy);
  }

  /** Continues from complete documents to the thank-you page. */
  async finish(): Promise<string> {
    await this.expectTile('Identity check', 'done');
    await this.answer();
    await this.expectTile('Your cover', 'done');
    const policy = await this.chooseBest();
    await this.confirm(policy);
    return policy;
  }
}

export interface Ids {
  readonly customerId: string;
  readonly applicationId: string;
}

/** The labels of the first form and the person's answers. The country is a list and not included. */
export function aboutYou(person: Person): [label: string, text: string][] {
  const [year = '', month = '', day = ''] = person.born.split('-');
  return [
    ['First names', person.firstName],
    ['Last name', person.lastName],
    ['Day', String(Number(day))],
    ['Month', String(Number(month))],
    ['Year', year],
    ['E-mail address', person.email],
    ['Phone number', person.phone],
    ['Street and number', person.line1],
    ['Postal code', person.postalCode],
    ['Town or city', person.city],
  ];
}

/** The person's values of a document's fields, by their labels. */
function knownFields(person: Person): [label: string, value: string][] {
  return [
    ['Given names', person.firstName],
    ['Family name', person.lastName],
    ['Name', `${person.firstName} ${person.lastName}`],
    ['Date of birth', person.born],
    ['Address', `${person.line1}, ${person.postalCode} ${person.city}, ${person.countryName}`],
  ];
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
