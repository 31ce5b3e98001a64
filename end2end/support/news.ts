// Everything by which a page hears of events: frames of its sockets, and snapshots that it fetches.

import type { Page, Response } from '@playwright/test';

type News = { event: number } | { snapshot: number };

export class Listener {
  private readonly news: Promise<News | undefined>[] = [];
  /** How many sockets the page has opened. */
  sockets = 0;

  /** Listens to `page`, which has heard of `known` events. */
  constructor(
    page: Page,
    private readonly known = 0,
  ) {
    page.on('websocket', (socket) => {
      this.sockets += 1;
      socket.on('framereceived', ({ payload }) => {
        const frame = JSON.parse(payload.toString()) as { type: string; event?: { sequence: number } };
        if (frame.type === 'event' && frame.event) {
          this.news.push(Promise.resolve({ event: frame.event.sequence }));
        }
      });
    });
    page.on('response', (response) => {
      if (/\/api\/applications\/[^/?]+$/.test(response.url()) && response.request().method() === 'GET') {
        this.news.push(snapshot(response));
      }
    });
  }

  /**
   * Follows what the page heard, in the order in which it heard it. Returns the last sequence it knows of, and every
   * event that came twice or with one missing before it.
   */
  async follow(): Promise<{ last: number; wrong: string[] }> {
    let [last, lastEvent] = [this.known, this.known];
    const wrong: string[] = [];
    for (const news of await Promise.all(this.news)) {
      if (!news) {
        continue;
      }
      if ('snapshot' in news) {
        last = Math.max(last, news.snapshot);
        continue;
      }
      // What a snapshot has told may still be on its way as an event: that is no double.
      if (news.event <= lastEvent || news.event > last + 1) {
        wrong.push(`event ${news.event} after event ${lastEvent}, with ${last} known`);
      }
      lastEvent = Math.max(lastEvent, news.event);
      last = Math.max(last, news.event);
    }
    return { last, wrong };
  }
}

async function snapshot(response: Response): Promise<News | undefined> {
  try {
    const body = (await response.json()) as { journey: { lastSequence: number } };
    return { snapshot: body.journey.lastSequence };
  } catch {
    // A refusal, or an answer that broke off with its line: the page learnt nothing from it.
    return undefined;
  }
}
