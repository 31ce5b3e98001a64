// The stack of the servers: the embedded one in each server's process, or a cluster (`ONBOARD_TEST_STACK=cluster` with
// the output of `scripts/cluster env`). On a cluster, unique names separate the test files.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { Program } from './program';

export const onCluster = process.env.ONBOARD_TEST_STACK === 'cluster';

/** Variables that servers must not inherit, because they select another stack. */
const NOT_INHERITED =
  /^(KAFKA_|AWS_|ONBOARD_(?!FONT_DIR)|LEPTOS_|CLUSTER_|ENVIRONMENT$|RUST_LOG$|WEBSOCKET_ENDPOINT$|[A-Z_]+_TABLE$)/;

/** Variables that connect to a cluster. */
const CLUSTER_SETTING = /^(KAFKA_|AWS_|ONBOARD_KAFKA__CA_FILE$|ONBOARD_NOTIFY__)/;

type Environment = Record<string, string>;

function inherited(keep: (name: string) => boolean): Environment {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined && keep(entry[0])),
  );
}

export const plainEnvironment = (): Environment => inherited((name) => !NOT_INHERITED.test(name));

/** Broker and tables for the servers of one test file. */
export class Stack {
  private constructor(
    /** The environment of the servers. */
    readonly environment: Environment,
    /** The folder that the servers share. */
    private readonly folder?: string,
    private readonly program?: Program,
  ) {}

  /** For one server: the embedded stack in its own process, or the cluster. */
  static forOne(): Stack {
    return onCluster ? Stack.cluster() : new Stack({ ONBOARD_STACK: 'embedded' });
  }

  /** For several servers: the embedded stack in a separate process, or the cluster. */
  static async forSeveral(): Promise<Stack> {
    const folder = await mkdtemp(join(tmpdir(), 'onboard-ai-stack-'));
    if (onCluster) {
      const shared = {
        ONBOARD_SECRET: randomBytes(24).toString('hex'),
        ONBOARD_DOCUMENTS__FOLDER: join(folder, 'documents'),
      };
      return new Stack({ ...Stack.forOne().environment, ...shared }, folder);
    }
    const environment = { ...plainEnvironment(), ONBOARD_DATA_DIR: join(folder, 'data') };
    const program = new Program(['stack'], environment, folder);
    // The program prints all variables at once.
    const said = await program.start(/^ONBOARD_SECRET=\S+$/m);
    const addresses: Environment = {};
    for (const [, name, value] of said.matchAll(/^([A-Z_]+)=(\S+)$/gm)) {
      if (name && value) {
        addresses[name] = value;
      }
    }
    return new Stack({ ...addresses, ONBOARD_TABLES__CREATE: 'true' }, folder, program);
  }

  private static cluster(): Stack {
    const name = randomBytes(6).toString('hex');
    return new Stack({
      ...inherited((variable) => CLUSTER_SETTING.test(variable)),
      ONBOARD_STACK: 'external',
      ENVIRONMENT: name,
      ONBOARD_KAFKA__PREFIX: `${name}.`,
      ONBOARD_KAFKA__GROUP_INSTANCE_ID: 'the-one',
      ONBOARD_TABLES__CREATE: 'true',
      ONBOARD_WATCHLIST__SAMPLE: 'true',
    });
  }

  async stop(): Promise<void> {
    await this.program?.stop();
    if (this.folder) {
      await rm(this.folder, { recursive: true, force: true });
    }
  }
}

/**
 * Waits for the one message to `audience` that contains `text`: on `/outbox` of the server at `origin`, or from SNS.
 */
export async function message(
  page: Page,
  origin: string,
  audience: 'applicant' | 'compliance',
  text: string,
): Promise<string> {
  if (!onCluster) {
    const shown = page.locator(`[data-audience="${audience}"]`).filter({ hasText: text });
    await expect(async () => {
      await page.goto(`${origin}/outbox`);
      await expect(shown).toHaveCount(1, { timeout: 1_000 });
    }).toPass({ timeout: 15_000 });
    return shown.innerText();
  }
  const queue = process.env[`CLUSTER_PUBLISHED_${audience.toUpperCase()}`];
  if (!queue) {
    throw new Error('CLUSTER_PUBLISHED_* is not set: use the output of `scripts/cluster env`.');
  }
  let found: string[] = [];
  await expect
    .poll(
      async () => {
        found = bodies(await (await page.request.get(queue)).json()).filter((body) => body.includes(text));
        return found.length;
      },
      { timeout: 15_000 },
    )
    .toBe(1);
  return found.join();
}

/** The bodies of all messages in an answer, at any depth. */
function bodies(answer: unknown): string[] {
  if (typeof answer !== 'object' || answer === null) {
    return [];
  }
  const own = 'Body' in answer && typeof answer.Body === 'string' ? [answer.Body] : [];
  return [...own, ...Object.values(answer).flatMap(bodies)];
}
