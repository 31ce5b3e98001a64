// A server of a test file's own, on a free port, with data of its own. It can be killed and started again.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from '@playwright/test';
import { serverProgram, siteRoot } from './places';

/** How long a start may take: the embedded broker and tables are made on the first one. */
const START_MS = 60_000;
/** How long a stop may take before it is a fault. */
const STOP_MS = 20_000;

const READY = /OnboardAI is ready at http:\/\/(127\.0\.0\.1:\d+)/;

/** What the server must not inherit: it would leave the embedded stack. */
const FOREIGN = /^(KAFKA_|AWS_|ONBOARD_(?!FONT_DIR)|LEPTOS_|ENVIRONMENT$|RUST_LOG$|[A-Z_]+_TABLE$)/;

export class Server {
  private process: ChildProcess | undefined;
  /** `127.0.0.1:port`; kept over restarts, so that open pages find the server again. */
  private address = '127.0.0.1:0';

  private constructor(private readonly folder: string) {}

  static async start(): Promise<Server> {
    const server = new Server(await mkdtemp(join(tmpdir(), 'onboard-ai-')));
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

  /** Starts the program; returns when it answers. */
  async start(): Promise<void> {
    const inherited = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name));
    const child = spawn(serverProgram(), [], {
      cwd: this.folder,
      env: {
        ...Object.fromEntries(inherited),
        ONBOARD_DATA_DIR: join(this.folder, 'data'),
        ONBOARD_STACK: 'embedded',
        LEPTOS_OUTPUT_NAME: 'onboard-ai',
        LEPTOS_SITE_ADDR: this.address,
        LEPTOS_SITE_ROOT: siteRoot(),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process = child;
    const log = createWriteStream(this.logFile, { flags: 'a' });
    child.stderr.pipe(log, { end: false });
    this.address = await new Promise<string>((resolve, reject) => {
      const fail = (why: string) => {
        child.kill('SIGKILL');
        reject(new Error(`The server ${why}.\n${this.lastLines()}`));
      };
      const timer = setTimeout(() => { fail(`was not ready after ${START_MS / 1000} s`); }, START_MS);
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        log.write(text);
        said += text;
        const address = READY.exec(said)?.[1];
        if (address) {
          clearTimeout(timer);
          resolve(address);
        }
      });
      child.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        // After the address was told, this rejects nothing any more.
        fail(`ended with ${signal ?? code ?? 'no code'} before it was ready`);
      });
    });
  }

  /** Ends the program at once, as a crash or a power failure does. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Asks the program to stop, waits for it, and removes its data. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }

  lastLines(): string {
    try {
      return readFileSync(this.logFile, 'utf8').split('\n').slice(-30).join('\n');
    } catch {
      return '';
    }
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) {
      return;
    }
    const ended = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  }
}

/** Gives the file that calls it a server. What it returns may be used inside tests and hooks only. */
export function ownServer(): { readonly current: Server } {
  let server: Server | undefined;
  test.beforeAll(async () => {
    test.setTimeout(START_MS + 10_000);
    server = await Server.start();
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
        throw new Error('The server runs inside tests only.');
      }
      return server;
    },
  };
}
