// The page in a given state, without a server: the HTML that the server would render, hydrated by the built site, with
// the pictures of the specimens. Specs use it for states that are hard to reach, and to check the accessibility of each
// state.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Page, Route, WebSocketRoute } from '@playwright/test';
import { previewProgram, siteRoot } from './paths';
import type { Specimens } from './specimens';

const run = promisify(execFile);

const ORIGIN = 'http://previews.localhost';
const PAGES = /\/api\/applications\/[^/]+\/documents\/([^/]+)\/pages\/\d+$/;
const SNAPSHOT = /\/api\/applications\/[^/]+$/;
const TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
};

/** The pictures of the states' documents, by the last digits of the documents' identifiers. */
const PICTURES: Readonly<Record<string, 'passport.jpg' | 'driving-licence.jpg' | 'utility-bill.png'>> = {
  '0b': 'passport.jpg',
  '0d': 'driving-licence.jpg',
  '0e': 'utility-bill.png',
};

/** The differences of a preview from the rendered state. */
export interface PreviewOptions {
  /** The specimens whose pictures are served. None: the pictures of the documents are missing. */
  readonly specimens?: Specimens;
  /** Changes the HTML before it is served. */
  readonly edit?: (html: string) => string;
  /** The answer to a request for the snapshot. None: the request fails. */
  readonly snapshot?: unknown;
  /** Resolves when the WebAssembly may be served. None: it is served at once. */
  readonly wasm?: Promise<void>;
}

export class Previews {
  private constructor(private readonly folder: string) {}

  static async open(): Promise<Previews> {
    const folder = await mkdtemp(join(tmpdir(), 'onboard-ai-previews-'));
    await run(previewProgram(), [folder]);
    return new Previews(folder);
  }

  /** Opens the page in `state` and waits until it is hydrated. */
  async show(page: Page, state: string, options: PreviewOptions = {}): Promise<PreviewPage> {
    const preview = await this.load(page, state, options);
    await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
    return preview;
  }

  /** Opens the page in `state` without waiting for its hydration. */
  async load(page: Page, state: string, options: PreviewOptions = {}): Promise<PreviewPage> {
    const { specimens, edit, snapshot, wasm } = options;
    const html = await readFile(join(this.folder, `${state}.html`), 'utf8');
    // The files are written for opening from a folder, without a policy. The preview has absolute URLs and a policy.
    const served = html.replaceAll('="pkg/', '="/pkg/').replaceAll('="favicon', '="/favicon');
    const policy = /http-equiv="x" content="([^"]*)"/.exec(html)?.[1] ?? "default-src 'none'";
    const body = edit ? edit(served) : served;
    const answer = async (route: Route): Promise<void> => {
      const { pathname } = new URL(route.request().url());
      const document = PAGES.exec(pathname)?.[1];
      if (pathname === '/') {
        await route.fulfill({
          body,
          headers: { 'content-type': 'text/html', 'content-security-policy': policy },
        });
      } else if (document !== undefined) {
        const picture = PICTURES[document.slice(-2)];
        await (specimens && picture
          ? route.fulfill({ path: specimens.ofSet(picture), contentType: 'image/jpeg' })
          : route.fulfill({ status: 404 }));
      } else if (snapshot !== undefined && SNAPSHOT.test(pathname)) {
        await route.fulfill({ json: snapshot });
      } else if (pathname.startsWith('/api/')) {
        await route.abort();
      } else {
        if (pathname.endsWith('.wasm')) {
          await wasm;
        }
        const contentType = TYPES[extname(pathname)] ?? 'text/plain';
        await route.fulfill({ path: join(siteRoot(), pathname), contentType });
      }
    };
    const preview = new PreviewPage();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.route(`${ORIGIN}/**`, answer);
    await page.routeWebSocket(/\/ws\?/, (socket) => { preview.connect(socket); });
    await page.goto(`${ORIGIN}/?${state}`, { waitUntil: 'domcontentloaded' });
    return preview;
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The server's side of a preview's live connection. */
export class PreviewPage {
  private socket: WebSocketRoute | undefined;
  /** How many sockets the page has opened. */
  sockets = 0;

  connect(socket: WebSocketRoute): void {
    this.socket = socket;
    this.sockets += 1;
    socket.onMessage(() => {
      socket.send(
        JSON.stringify({
          type: 'status',
          connectionId: '00000000-0000-4000-8000-000000000001',
          customerId: '018f0000-7000-8000-0000-000000000001',
          sequence: 0,
          connectedAt: '2026-03-01T09:30:00Z',
        }),
      );
    });
  }

  /** Sends a frame. */
  send(frame: unknown): void {
    this.socket?.send(JSON.stringify(frame));
  }

  /** Sends the reading step of the document that is being read in the states. */
  progress(step: string): void {
    this.send({ type: 'progress', documentId: '00000000-0000-0000-0000-000000000009', step });
  }
}
