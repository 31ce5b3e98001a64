// Documents of invented people. They are drawn for each run, because a bill is valid for three months only. All workers
// share one folder, and a document that exists is not drawn again.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { specimensProgram } from './paths';
import type { Person } from './people';

const run = promisify(execFile);

/** The environment variable with the folder of the documents, for the workers. */
const FOLDER = 'ONBOARD_TEST_SPECIMENS';

/** The degradation of a page by a camera. */
export type Degrade = 'none' | 'light' | 'phone' | 'unreadable';

export class Specimens {
  private constructor(private readonly folder: string) {}

  /** Draws Ingrid Brandvold's set into a new folder. Called once, before all tests. */
  static async create(): Promise<Specimens> {
    const folder = await mkdtemp(join(tmpdir(), 'onboard-ai-specimens-'));
    process.env[FOLDER] = folder;
    await run(specimensProgram(), ['--out', folder]);
    return new Specimens(folder);
  }

  /** The documents of this run. */
  static open(): Specimens {
    const folder = process.env[FOLDER];
    if (folder === undefined) {
      throw new Error('The documents do not exist: global_setup.ts draws them.');
    }
    return new Specimens(folder);
  }

  /** A file of Ingrid Brandvold's set. */
  ofSet(
    name:
      | 'passport.jpg'
      | 'passport-photo.jpg'
      | 'identity-card.png'
      | 'driving-licence.jpg'
      | 'utility-bill.png'
      | 'utility-bill.pdf'
      | 'unreadable.jpg',
  ): string {
    return join(this.folder, name);
  }

  /** A document of any person. */
  async of(
    person: Person,
    kind: 'passport' | 'identity-card' | 'driving-licence' | 'utility-bill',
    degrade: Degrade = 'none',
  ): Promise<string> {
    const values: Record<string, string> = {
      kind,
      given: person.firstName,
      family: person.lastName,
      born: person.born,
      line1: person.line1,
      'postal-code': person.postalCode,
      city: person.city,
      country: person.countryName,
      degrade,
      ...(person.nationality === undefined ? {} : { nationality: person.nationality }),
    };
    const hash = createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 16);
    const file = join(this.folder, `${kind}-${hash}.${degrade === 'none' ? 'png' : 'jpg'}`);
    if (!existsSync(file)) {
      // The file is renamed when complete, because another worker may draw the same document at the same time.
      const drawn = join(this.folder, `${process.pid}-${kind}-${hash}.${degrade === 'none' ? 'png' : 'jpg'}`);
      const flags = Object.entries({ ...values, out: drawn });
      await run(specimensProgram(), ['one', ...flags.flatMap(([name, value]) => [`--${name}`, value])]);
      await rename(drawn, file);
    }
    return file;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
