// A browser whose camera sees a document, whose camera is refused, or that has none.

import { readFile, writeFile } from 'node:fs/promises';
import { type Browser, chromium } from '@playwright/test';
import { browser } from './places';

export type Sees = { readonly file: string } | 'denied' | 'nothing';

/** What Playwright's configuration starts browsers with. */
const COMMON = ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];

/** Starts a browser with such a camera. `file` is a JPEG; the camera shows it, frame after frame. */
export async function browserWithCamera(sees: Sees): Promise<Browser> {
  const args = [...COMMON];
  if (sees === 'nothing') {
    args.push('--use-fake-device-for-media-stream=device-count=0', '--use-fake-ui-for-media-stream');
  } else if (sees === 'denied') {
    args.push('--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream=deny');
  } else {
    const film = `${sees.file}.mjpeg`;
    const frame = await readFile(sees.file);
    await writeFile(film, Buffer.concat([frame, frame, frame]));
    args.push('--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${film}`);
  }
  return chromium.launch({ executablePath: browser(), args });
}
