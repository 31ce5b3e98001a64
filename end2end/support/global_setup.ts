// Draws the documents that all workers use, once.

import { Specimens } from './specimens';

export default async function globalSetup(): Promise<() => Promise<void>> {
  const specimens = await Specimens.create();
  return () => specimens.remove();
}
