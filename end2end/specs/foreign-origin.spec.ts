import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ownServer } from '../support/server';
import { expect, test } from '../support/test';

const server = ownServer();

test('page of another origin gets nothing from the embedded stack', async ({ browser }) => {
  const log = await readFile(server.current.logFile, 'utf8');
  const [, broker, tables] = /Kafka (\S+), DynamoDB http:\/\/(\S+)/.exec(log) ?? [];
  expect(broker && tables, 'addresses in the log').toBeTruthy();

  const foreign = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end('<body></body>'));
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.2', resolve));
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.2:${(foreign.address() as AddressInfo).port}/`);

  for (const address of [broker, tables]) {
    const got = await page.evaluate(async (address) => {
      const url = `http://${address}/`;
      const signed = {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'DynamoDB_20120810.ListTables',
        'x-amz-date': '20261126T000000Z',
        authorization: 'AWS4-HMAC-SHA256 Credential=a/b/c/dynamodb/aws4_request, SignedHeaders=host, Signature=d',
      };
      const read = async (init: RequestInit): Promise<string> => {
        try {
          return await (await fetch(url, init)).text();
        } catch {
          return '';
        }
      };
      const opened = (element: HTMLImageElement | WebSocket, event: string): Promise<string> =>
        new Promise((resolve) => {
          element.addEventListener(event, () => {
            resolve(event);
          });
          element.addEventListener('error', () => {
            resolve('');
          });
        });
      const image = new Image();
      image.src = url;
      return Promise.all([
        read({}),
        read({ method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } }),
        read({ method: 'POST', body: '{}', headers: signed }),
        read({ method: 'POST', body: '{}', mode: 'no-cors' }),
        opened(image, 'load'),
        opened(new WebSocket(`ws://${address}/`), 'open'),
      ]);
    }, address);
    expect(got, address).toEqual(['', '', '', '', '', '']);
  }

  // A form needs no permission to send, so the API itself refuses it.
  await page.setContent(`<form method="post" action="http://${tables}/"><input name="a"></form>`);
  const [answer] = await Promise.all([
    page.waitForResponse(`http://${tables}/`),
    page.locator('form').evaluate((form: HTMLFormElement) => {
      form.submit();
    }),
  ]);
  expect(answer.status()).toBe(403);
  await page.close();
  await new Promise((resolve) => foreign.close(resolve));
});
