// Documents of invented people, drawn for each run: a bill is only good for three months.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { specimensProgram } from './places';
import type { Person } from './people';

const run = promisify(execFile);

/** What a camera does to a page. */
export type Degrade = 'none' | 'light' | 'phone' | 'unreadable';

export class Specimens {
  private set: Promise<unknown> | undefined;
  private drawn = 0;

  private constructor(private readonly folder: string) {}

  static async open(): Promise<Specimens> {
    return new Specimens(await mkdtemp(join(tmpdir(), 'onboard-ai-specimens-')));
  }

  /** A file of Ingrid Brandvold's set. */
  async ofSet(
    name: 'passport.jpg' | 'passport-photo.jpg' | 'identity-card.png' | 'driving-licence.jpg' | 'utility-bill.png' | 'utility-bill.pdf' | 'unreadable.jpg',
  ): Promise<string> {
    this.set ??= run(specimensProgram(), ['--out', this.folder]);
    await this.set;
    return join(this.folder, name);
  }

  /** A document of anybody. */
  async of(person: Person, kind: 'passport' | 'identity-card' | 'driving-licence' | 'utility-bill', degrade: Degrade = 'none'): Promise<string> {
    this.drawn += 1;
    const file = join(this.folder, `${this.drawn}-${kind}.${degrade === 'none' ? 'png' : 'jpg'}`);
    const words: Record<string, string> = {
      kind,
      given: person.firstName,
      family: person.lastName,
      born: person.born,
      line1: person.line1,
      'postal-code': person.postalCode,
      city: person.city,
      country: person.countryName,
      degrade,
      out: file,
    };
    await run(specimensProgram(), ['one', ...Object.entries(words).flatMap(([name, value]) => [`--${name}`, value])]);
    return file;
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
