// The page in a state, without a server: what the server would have rendered, brought to life by the built site. Pictures
// of documents are the specimens'. For states that are hard to reach, and for looking at all of them.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Page, Route, WebSocketRoute } from '@playwright/test';
import { previewProgram, siteRoot } from './places';
import type { Specimens } from './specimens';

const run = promisify(execFile);

const ORIGIN = 'http://previews.localhost';
const PAGES = /\/api\/applications\/[^/]+\/documents\/([^/]+)\/pages\/\d+$/;
const TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
};

/** The last digits of documents' identifiers in the states, and whose picture they have. */
const PICTURES = { '0b': 'passport.jpg', '0d': 'driving-licence.jpg', '0e': 'utility-bill.png' } as const;

export class Previews {
  private constructor(private readonly folder: string) {}

  static async open(): Promise<Previews> {
    const folder = await mkdtemp(join(tmpdir(), 'onboard-ai-previews-'));
    await run(previewProgram(), [folder]);
    return new Previews(folder);
  }

  /** Opens the page in `state` and waits until it is alive. `pictures`: whether pages can be looked at. */
  async show(page: Page, state: string, specimens: Specimens, pictures = true): Promise<Shown> {
    const html = await readFile(join(this.folder, `${state}.html`), 'utf8');
    // Written for opening from a folder, which knows no policy; here there is one.
    const body = html.replaceAll('="pkg/', '="/pkg/').replaceAll('="favicon', '="/favicon').replace('http-equiv="x"', 'http-equiv="Content-Security-Policy"');
    const answer = async (route: Route): Promise<void> => {
      const { pathname } = new URL(route.request().url());
      const document = PAGES.exec(pathname)?.[1];
      if (pathname === '/') {
        await route.fulfill({ body, contentType: 'text/html' });
      } else if (document !== undefined) {
        const picture = PICTURES[document.slice(-2) as keyof typeof PICTURES] as (typeof PICTURES)[keyof typeof PICTURES] | undefined;
        await (pictures && picture ? route.fulfill({ path: await specimens.ofSet(picture), contentType: 'image/jpeg' }) : route.fulfill({ status: 404 }));
      } else if (pathname.startsWith('/api/')) {
        await route.abort();
      } else {
        await route.fulfill({ path: join(siteRoot(), pathname), contentType: TYPES[extname(pathname)] ?? 'text/plain' });
      }
    };
    const shown = new Shown(page);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.route(`${ORIGIN}/**`, answer);
    await page.routeWebSocket(/\/ws\?/, (socket) => { shown.connect(socket); });
    await page.goto(`${ORIGIN}/?${state}`);
    await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
    return shown;
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A page in a state, with a live connection that says what it is told to say. */
export class Shown {
  private socket: WebSocketRoute | undefined;

  constructor(readonly page: Page) {}

  connect(socket: WebSocketRoute): void {
    this.socket = socket;
    const status = {
      type: 'status',
      connectionId: '00000000-0000-4000-8000-000000000001',
      customerId: '018f0000-7000-8000-0000-000000000001',
      sequence: 0,
      connectedAt: '2026-03-01T09:30:00Z',
    };
    socket.onMessage(() => { socket.send(JSON.stringify(status)); });
  }

  /** Tells how far the reading of the document is that the states have in reading. */
  progress(step: string): void {
    this.socket?.send(JSON.stringify({ type: 'progress', documentId: '00000000-0000-0000-0000-000000000009', step }));
  }
}
