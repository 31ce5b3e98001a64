// Playwright's test, with what all specs need.

import { test as base } from '@playwright/test';
import { Specimens } from './specimens';

export { expect } from '@playwright/test';

// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- no fixture for each test, one for each worker
export const test = base.extend<{}, { specimens: Specimens }>({
  specimens: [
    async ({}, use) => {
      const specimens = await Specimens.open();
      await use(specimens);
      await specimens.close();
    },
    { scope: 'worker' },
  ],
});
