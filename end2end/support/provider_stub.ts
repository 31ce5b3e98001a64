// A stub of the providers that read documents, as a local program.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { APIRequestContext } from '@playwright/test';
import { providersProgram } from './paths';
import type { Settings } from './server';

const START_TIMEOUT_MS = 30_000;

/** The names in settings, and on the page. */
export const PROVIDERS = {
  textract: 'Amazon Textract',
  google_vision: 'Google Cloud Vision',
  azure_document_intelligence: 'Azure Document Intelligence',
} as const;

export type Provider = keyof typeof PROVIDERS;

/** How a provider behaves from now on. */
export interface ProviderBehaviour {
  readonly fail?: 'throttle' | '500' | 'slow' | 'no_document';
  readonly told?: Readonly<Record<string, string>>;
}

export class ProviderStub {
  private constructor(
    private readonly process: ChildProcess,
    /** `http://127.0.0.1:port`. */
    readonly origin: string,
  ) {}

  static async start(): Promise<ProviderStub> {
    const child = spawn(providersProgram(), ['--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const origin = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => { reject(new Error('the provider stub did not start')); }, START_TIMEOUT_MS);
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const found = /listening on (http:\/\/\S+)/.exec(said)?.[1];
        if (found) {
          clearTimeout(timer);
          resolve(found);
        }
      });
      child.once('error', reject);
      child.once('exit', () => { reject(new Error('the provider stub ended')); });
    });
    return new ProviderStub(child, origin);
  }

  /** The settings of a server that uses the stub. */
  settings(): Settings {
    return {
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      ONBOARD_TEXTRACT__ENDPOINT: this.origin,
      ONBOARD_GOOGLE_VISION__ENDPOINT: this.origin,
      ONBOARD_GOOGLE_VISION__API_KEY: 'test',
      ONBOARD_AZURE_DOCUMENT_INTELLIGENCE__ENDPOINT: this.origin,
      ONBOARD_AZURE_DOCUMENT_INTELLIGENCE__API_KEY: 'test',
    };
  }

  async configure(request: APIRequestContext, service: Provider, does: ProviderBehaviour): Promise<void> {
    const answer = await request.put(`${this.origin}/admin/${service}`, { data: does });
    if (!answer.ok()) {
      throw new Error(`the provider stub answered ${answer.status()}: ${await answer.text()}`);
    }
  }

  /** How many documents were sent to a provider. */
  async requestCount(request: APIRequestContext, service: Provider): Promise<number> {
    const answer = await request.get(`${this.origin}/admin`);
    const services = (await answer.json()) as Partial<Record<Provider, { requests: number }>>;
    return services[service]?.requests ?? 0;
  }

  /** Resets the counts and the behaviour. */
  async reset(request: APIRequestContext): Promise<void> {
    await request.delete(`${this.origin}/admin`);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const ended = once(this.process, 'exit');
      this.process.kill();
      await ended;
    }
  }
}
