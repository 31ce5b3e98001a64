// Pictures as people take them: with a finger on the lens.

import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';

/** A file as a file input takes it. */
export interface Picture {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** A part of a picture, as shares of its width and height from the upper left corner. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Where the expiry date stands, right of its number 4b, on the driving licence that the specimens draw. */
export const EXPIRY_OF_LICENCE: Area = { left: 0.41, top: 0.555, right: 0.65, bottom: 0.64 };

/** The picture in `file` (PNG) with a part of it covered, drawn by the browser in a page of its own. */
export async function covered(page: Page, file: string, area: Area): Promise<Picture> {
  const canvas = await page.context().newPage();
  const source = `data:image/png;base64,${(await readFile(file)).toString('base64')}`;
  const jpeg = await canvas.evaluate(
    async ({ source, area }) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const { naturalWidth: width, naturalHeight: height } = image;
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const context = canvas.getContext('2d');
      if (!context) {
        throw new Error('no canvas here');
      }
      context.drawImage(image, 0, 0);
      context.fillStyle = '#907060';
      context.fillRect(area.left * width, area.top * height, (area.right - area.left) * width, (area.bottom - area.top) * height);
      return canvas.toDataURL('image/jpeg', 0.92).split(',')[1] ?? '';
    },
    { source, area },
  );
  await canvas.close();
  return { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(jpeg, 'base64') };
}
