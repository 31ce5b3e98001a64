// The server's process: start, kill and stop. Its output goes to a file.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serverProgram } from './paths';

/** The time-out of a start. The first one creates topics and tables. */
export const START_TIMEOUT_MS = 60_000;
/** The time-out of a stop, after which the process is killed. */
const STOP_TIMEOUT_MS = 20_000;

export class Program {
  private process: ChildProcess | undefined;

  constructor(
    private readonly flags: readonly string[],
    readonly environment: Record<string, string>,
    private readonly folder: string,
  ) {}

  get logFile(): string {
    return join(this.folder, 'server.log');
  }

  /** Starts the process. Returns its output up to the match of `ready`. */
  async start(ready: RegExp): Promise<string> {
    const child = spawn(serverProgram(), this.flags, {
      cwd: this.folder,
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process = child;
    const log = createWriteStream(this.logFile, { flags: 'a' });
    child.stderr.pipe(log, { end: false });
    return new Promise<string>((resolve, reject) => {
      const fail = (why: string) => {
        child.kill('SIGKILL');
        reject(new Error(`The server ${why}.\n${this.lastLines()}`));
      };
      const timer = setTimeout(() => { fail(`was not ready after ${START_TIMEOUT_MS / 1000} s`); }, START_TIMEOUT_MS);
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        log.write(text);
        said += text;
        if (ready.test(said)) {
          clearTimeout(timer);
          resolve(said);
        }
      });
      child.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        // Has no effect after the process was ready.
        fail(`ended with ${signal ?? code ?? 'no code'} before it was ready`);
      });
    });
  }

  /** Kills it, as a crash or a power failure does. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Stops it gracefully, and waits for its end. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
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
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }
}
