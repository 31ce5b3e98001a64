// Paths of the browser and of the build's programs.

import { accessSync, constants } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The browser: `CHROMIUM`, else Debian's Chromium, else the first of the usual names on the PATH. */
export function browser(): string {
  const named = process.env.CHROMIUM;
  if (named) {
    return named;
  }
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = [
    '/usr/bin/chromium',
    ...['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) => folders.map((folder) => join(folder, name))),
  ].find(executable);
  if (!found) {
    throw new Error('No browser: install chromium, or name one in CHROMIUM.');
  }
  return found;
}

function built(name: string, override: string | undefined): string {
  const target = process.env.CARGO_TARGET_DIR ?? 'target';
  const path = override ?? join(isAbsolute(target) ? target : join(checkout, target), 'debug', name);
  if (!executable(path)) {
    throw new Error(`${path} is missing: build it first, as \`scripts/test\` does.`);
  }
  return path;
}

/** The server's program: `SERVER_BIN`, else that of the last debug build. */
export const serverProgram = (): string => built('server', process.env.SERVER_BIN);

/** The program that draws documents: `SPECIMENS_BIN`, else that of the last debug build. */
export const specimensProgram = (): string => built('specimens', process.env.SPECIMENS_BIN);

/** The program that renders the states of the page to files: `PREVIEW_BIN`, else that of the last debug build. */
export const previewProgram = (): string => built(join('examples', 'preview'), process.env.PREVIEW_BIN);

/** The stub of the providers: `PROVIDERS_BIN`, else that of the last debug build. */
export const providersProgram = (): string => built(join('examples', 'providers'), process.env.PROVIDERS_BIN);

/** The built site: `LEPTOS_SITE_ROOT`, else where `cargo leptos build` puts it. */
export function siteRoot(): string {
  const root = process.env.LEPTOS_SITE_ROOT ?? join('target', 'site');
  return isAbsolute(root) ? root : join(checkout, root);
}
