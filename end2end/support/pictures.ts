// Pictures of documents with a part covered or changed.

import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';

/** A file for a file input. */
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

/** The expiry date, right of its number 4b, on the specimens' driving licence. */
export const EXPIRY_OF_LICENCE: Area = { left: 0.41, top: 0.555, right: 0.65, bottom: 0.64 };

/** The date of birth on the specimens' passport. */
export const BIRTH_ON_PASSPORT: Area = { left: 0.34, top: 0.493, right: 0.56, bottom: 0.545 };

/** The family name on the specimens' passport. */
export const FAMILY_NAME_ON_PASSPORT: Area = { left: 0.34, top: 0.233, right: 0.527, bottom: 0.281 };

/** A box with text to draw over a part of a picture. */
interface Over {
  readonly area: Area;
  /** The colour of the part. */
  readonly colour: string;
  /** The text on it. */
  readonly text: string;
}

/** The picture in `file` (PNG) with a part of it covered. A separate page of the browser draws it. */
export async function covered(page: Page, file: string, area: Area): Promise<Picture> {
  return drawn(page, file, 'jpeg', { area, colour: '#907060', text: '' });
}

/** The picture in `file` (PNG) with `text` printed over a part of it. */
export async function printedOver(page: Page, file: string, area: Area, text: string): Promise<Picture> {
  return drawn(page, file, 'jpeg', { area, colour: '#f5f2ef', text });
}

/** The picture in `file` (PNG) as WebP. */
export async function asWebp(page: Page, file: string): Promise<Picture> {
  return drawn(page, file, 'webp');
}

/**
 * The picture in `file` (PNG) as a phone with 48 megapixels takes it: 8000 pixels wide, with the noise of a sensor, and
 * of more than 10 MB. Only the upper rows are noisy, because reading is not what it is about.
 */
export async function huge(page: Page, file: string): Promise<Picture> {
  const canvas = await page.context().newPage();
  const source = `data:image/png;base64,${(await readFile(file)).toString('base64')}`;
  const bytes = await canvas.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const [width, height] = [8000, 6000];
    const margin = height - (width * image.naturalHeight) / image.naturalWidth;
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    if (!context || margin < 0) {
      throw new Error('the browser gave no canvas, or the picture is too high');
    }
    context.fillStyle = '#807868';
    context.fillRect(0, 0, width, height);
    context.drawImage(image, 0, margin, width, height - margin);
    const noise = context.createImageData(width, Math.floor(margin * 0.9));
    for (let at = 0; at < noise.data.length; at += 65_536) {
      crypto.getRandomValues(noise.data.subarray(at, at + 65_536));
    }
    context.putImageData(noise, 0, 0);
    return canvas.toDataURL('image/jpeg', 1).split(',')[1] ?? '';
  }, source);
  await canvas.close();
  return { name: 'IMG_2048.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(bytes, 'base64') };
}

async function drawn(page: Page, file: string, type: 'jpeg' | 'webp', over?: Over): Promise<Picture> {
  const canvas = await page.context().newPage();
  const source = `data:image/png;base64,${(await readFile(file)).toString('base64')}`;
  const bytes = await canvas.evaluate(
    async ({ source, type, over }) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const { naturalWidth: width, naturalHeight: height } = image;
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const context = canvas.getContext('2d');
      if (!context) {
        throw new Error('the browser gave no canvas');
      }
      context.drawImage(image, 0, 0);
      if (over) {
        const { left, top, right, bottom } = over.area;
        context.fillStyle = over.colour;
        context.fillRect(left * width, top * height, (right - left) * width, (bottom - top) * height);
        context.fillStyle = '#1a1a1a';
        context.font = `${Math.round((bottom - top) * height * 0.78)}px "Liberation Sans", Arial, sans-serif`;
        context.textBaseline = 'middle';
        context.fillText(over.text, left * width + 2, ((top + bottom) / 2) * height);
      }
      return canvas.toDataURL(`image/${type}`, 0.92).split(',')[1] ?? '';
    },
    { source, type, over },
  );
  await canvas.close();
  const name = type === 'jpeg' ? 'photo.jpg' : 'photo.webp';
  return { name, mimeType: `image/${type}`, buffer: Buffer.from(bytes, 'base64') };
}
