// What servers run on: the embedded stack in each server's own process, or, where the environment says so, a cluster
// (`ONBOARD_TEST_STACK=cluster` with what `scripts/cluster env` prints). There, names keep one test file from the other.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { Program } from './program';

export const onCluster = process.env.ONBOARD_TEST_STACK === 'cluster';

/** What servers must not inherit: it would move them elsewhere. */
const FOREIGN = /^(KAFKA_|AWS_|ONBOARD_(?!FONT_DIR)|LEPTOS_|CLUSTER_|ENVIRONMENT$|RUST_LOG$|WEBSOCKET_ENDPOINT$|[A-Z_]+_TABLE$)/;

/** What reaches a cluster. */
const OF_A_CLUSTER = /^(KAFKA_|AWS_|ONBOARD_KAFKA__CA_FILE$|ONBOARD_NOTIFY__)/;

type Environment = Record<string, string>;

function inherited(keep: (name: string) => boolean): Environment {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined && keep(entry[0])),
  );
}

export const plainEnvironment = (): Environment => inherited((name) => !FOREIGN.test(name));

/** Broker and tables for the servers of one test file. */
export class Stack {
  private constructor(
    /** What tells a server to run on it. */
    readonly environment: Environment,
    private readonly apart?: { program: Program; folder: string },
  ) {}

  /** For one server: the embedded stack in its own process, or the cluster. */
  static forOne(): Stack {
    return onCluster ? Stack.cluster() : new Stack({ ONBOARD_STACK: 'embedded' });
  }

  /** For several servers: the embedded stack in a process apart, or the cluster. */
  static async forSeveral(): Promise<Stack> {
    const shared = { ONBOARD_SECRET: randomBytes(24).toString('hex') };
    if (onCluster) {
      return Stack.cluster(shared);
    }
    const folder = await mkdtemp(join(tmpdir(), 'onboard-ai-stack-'));
    const environment = { ...plainEnvironment(), ONBOARD_DATA_DIR: join(folder, 'data') };
    const program = new Program(['stack'], environment, folder);
    const said = await program.start(/^AWS_ENDPOINT_URL_DYNAMODB=\S+$/m);
    const addresses: Environment = {};
    for (const [, name, value] of said.matchAll(/^([A-Z_]+)=(\S+)$/gm)) {
      if (name && value) {
        addresses[name] = value;
      }
    }
    return new Stack({ ...named(), ONBOARD_KAFKA__REPLICATION_FACTOR: '1', ...addresses, ...shared }, { program, folder });
  }

  private static cluster(more: Environment = {}): Stack {
    const reached = inherited((name) => OF_A_CLUSTER.test(name));
    return new Stack({ ...named(), ...reached, ONBOARD_KAFKA__GROUP_INSTANCE_ID: 'the-one', ...more });
  }

  async stop(): Promise<void> {
    await this.apart?.program.stop();
    if (this.apart) {
      await rm(this.apart.folder, { recursive: true, force: true });
    }
  }
}

function named(): Environment {
  const name = randomBytes(6).toString('hex');
  return {
    ONBOARD_STACK: 'external',
    ENVIRONMENT: name,
    ONBOARD_KAFKA__PREFIX: `${name}.`,
    ONBOARD_TABLES__CREATE: 'true',
    ONBOARD_WATCHLIST__SAMPLE: 'true',
  };
}

/**
 * The one message to `audience` that contains `text`, once it is there: as `/outbox` of the server at `origin` shows it,
 * or as it came out of SNS.
 */
export async function message(page: Page, origin: string, audience: 'applicant' | 'compliance', text: string): Promise<string> {
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
    throw new Error('CLUSTER_PUBLISHED_*: give what `scripts/cluster env` prints.');
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

/** Opens the page of messages, where there is one, and calls `look` when it shows some: a cluster's go out through SNS. */
export async function lookAtMessages(page: Page, origin: string, look: () => Promise<void>): Promise<void> {
  if (onCluster) {
    return;
  }
  await page.goto(`${origin}/outbox`);
  await expect(page.locator('[data-audience]')).not.toHaveCount(0);
  await look();
}

/** Every message's body, however deep the answer holds it. */
function bodies(answer: unknown): string[] {
  if (typeof answer !== 'object' || answer === null) {
    return [];
  }
  const own = 'Body' in answer && typeof answer.Body === 'string' ? [answer.Body] : [];
  return [...own, ...Object.values(answer).flatMap(bodies)];
}
