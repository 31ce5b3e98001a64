// A server with its own port and data for each test file. It can be killed and restarted.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from '@playwright/test';
import { siteRoot } from './paths';
import { Program, START_TIMEOUT_MS } from './program';
import { plainEnvironment, Stack } from './stack';

const READY = /OnboardAI is ready at http:\/\/(127\.0\.0\.1:\d+)/;

/** Settings as environment variables. */
export type Settings = Readonly<Record<string, string>>;

export class Server {
  private program: Program | undefined;
  /** `127.0.0.1:port`. Restarts keep it, so that open pages reconnect. */
  private address = '127.0.0.1:0';

  private constructor(
    private readonly stack: Stack,
    private readonly flags: readonly string[],
    private readonly settings: Settings,
    private readonly folder: string,
  ) {}

  /** Starts a server on `stack` with these flags and settings. */
  static async start(stack: Stack, flags: readonly string[] = [], settings: Settings = {}): Promise<Server> {
    const server = new Server(stack, flags, settings, await mkdtemp(join(tmpdir(), 'onboard-ai-')));
    try {
      await server.start();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  get origin(): string {
    return `http://${this.address}`;
  }

  get port(): number {
    return Number(this.address.split(':')[1]);
  }

  get logFile(): string {
    return join(this.folder, 'server.log');
  }

  /** Starts the process; returns when it is ready. */
  async start(): Promise<void> {
    const environment = {
      ...plainEnvironment(),
      ...this.stack.environment,
      ...this.settings,
      ONBOARD_DATA_DIR: join(this.folder, 'data'),
      LEPTOS_OUTPUT_NAME: 'onboard-ai',
      LEPTOS_SITE_ADDR: this.address,
      LEPTOS_SITE_ROOT: siteRoot(),
    };
    this.program = new Program(this.flags, environment, this.folder);
    const said = await this.program.start(READY);
    this.address = READY.exec(said)?.[1] ?? this.address;
  }

  /** Kills the process, as a crash or a power failure does. */
  async kill(): Promise<void> {
    await this.program?.kill();
  }

  /** Stops the process gracefully, and removes its data. */
  async stop(): Promise<void> {
    await this.program?.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/**
 * Starts a server before the tests of the calling file or group, with the result of `settings`, and stops it after
 * them. The returned object may be used inside tests and hooks only.
 */
export function ownServer(settings: () => Settings = () => ({})): { readonly current: Server } {
  let server: Server | undefined;
  test.beforeAll(async () => {
    test.setTimeout(START_TIMEOUT_MS + 10_000);
    server = await Server.start(Stack.forOne(), [], settings());
  });
  test.afterEach(async ({}, info) => {
    if (server && info.status !== info.expectedStatus) {
      await info.attach('server.log', { path: server.logFile, contentType: 'text/plain' });
    }
  });
  test.afterAll(async () => {
    await server?.stop();
    server = undefined;
  });
  return {
    get current() {
      if (!server) {
        throw new Error('The server runs only inside tests.');
      }
      return server;
    },
  };
}
