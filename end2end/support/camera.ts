// A browser whose fake camera shows a document, is denied, or does not exist.

import { readFile, writeFile } from 'node:fs/promises';
import { type Browser, chromium } from '@playwright/test';
import { browser } from './paths';

export type CameraFeed = { readonly file: string } | 'denied' | 'nothing';

/** The flags of playwright.config.ts. */
const COMMON = ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];

/** Starts a browser with this camera. `file` is a JPEG, which is every frame of the camera's stream. */
export async function browserWithCamera(feed: CameraFeed): Promise<Browser> {
  const args = [...COMMON];
  if (feed === 'nothing') {
    args.push('--use-fake-device-for-media-stream=device-count=0', '--use-fake-ui-for-media-stream');
  } else if (feed === 'denied') {
    args.push('--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream=deny');
  } else {
    const film = `${feed.file}.mjpeg`;
    const frame = await readFile(feed.file);
    await writeFile(film, Buffer.concat([frame, frame, frame]));
    args.push('--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream');
    args.push(`--use-file-for-fake-video-capture=${film}`);
  }
  return chromium.launch({ executablePath: browser(), args });
}
