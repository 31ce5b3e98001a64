import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Journey } from '../support/journey';
import { checkout } from '../support/paths';
import { ownServer } from '../support/server';
import { expect, test } from '../support/test';

const server = ownServer();

/** The figure in the row `what` of docs/benchmarks.md. */
function documented(what: string): number {
  const row = readFileSync(join(checkout, 'docs', 'benchmarks.md'), 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`| ${what} |`));
  return Number(row?.split('|')[2]?.trim());
}

test('first visit makes the documented number of requests, all to its own server', async ({ page }) => {
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await new Journey(page, server.current.origin).open();
  const foreign = requests.filter((url) => !url.startsWith(server.current.origin));
  expect(foreign).toEqual([]);
  // Not every build of Chromium asks for the icon when it has no window.
  const counted = requests.filter((url) => !url.endsWith('/favicon.svg'));
  expect(counted, counted.join('\n')).toHaveLength(documented('Requests of a first visit, without the icon'));
});
