// Records the events that a page receives: the event frames of its sockets, and the snapshots that it fetches.

import type { Page, Response } from '@playwright/test';

type Received = { event: number } | { snapshot: number };

export class EventListener {
  private readonly received: Promise<Received | undefined>[] = [];
  /** How many sockets the page has opened. */
  sockets = 0;

  /** Listens to `page`, which already knows the first `known` events. */
  constructor(
    page: Page,
    private readonly known = 0,
  ) {
    page.on('websocket', (socket) => {
      this.sockets += 1;
      socket.on('framereceived', ({ payload }) => {
        const frame = JSON.parse(payload.toString()) as { type: string; event?: { sequence: number } };
        if (frame.type === 'event' && frame.event) {
          this.received.push(Promise.resolve({ event: frame.event.sequence }));
        }
      });
    });
    page.on('response', (response) => {
      if (/\/api\/applications\/[^/?]+$/.test(response.url()) && response.request().method() === 'GET') {
        this.received.push(snapshot(response));
      }
    });
  }

  /**
   * Replays the received events and snapshots, in order. Returns the last sequence that the page knows, and every event
   * that came twice or after a gap.
   */
  async check(): Promise<{ last: number; wrong: string[] }> {
    let [last, lastEvent] = [this.known, this.known];
    const wrong: string[] = [];
    for (const received of await Promise.all(this.received)) {
      if (!received) {
        continue;
      }
      if ('snapshot' in received) {
        last = Math.max(last, received.snapshot);
        continue;
      }
      // An event that a snapshot already contains may still arrive. It is not a duplicate.
      if (received.event <= lastEvent || received.event > last + 1) {
        wrong.push(`event ${received.event} after event ${lastEvent}, with ${last} known`);
      }
      lastEvent = Math.max(lastEvent, received.event);
      last = Math.max(last, received.event);
    }
    return { last, wrong };
  }
}

async function snapshot(response: Response): Promise<Received | undefined> {
  try {
    const body = (await response.json()) as { journey: { lastSequence: number } };
    return { snapshot: body.journey.lastSequence };
  } catch {
    // A refused or incomplete response has no snapshot.
    return undefined;
  }
}
