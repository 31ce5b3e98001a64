// What the server itself says, asked with the session of a page.

import type { APIRequestContext } from '@playwright/test';

export interface Envelope {
  readonly eventId: string;
  readonly eventType: string;
  readonly sequence: number;
}

/** All events of an application, in order. Fewer than a hundred, which is one answer. */
export async function eventsOf(request: APIRequestContext, origin: string, applicationId: string): Promise<Envelope[]> {
  const answer = await request.get(`${origin}/api/applications/${applicationId}/events?after=0`);
  if (!answer.ok()) {
    throw new Error(`the events were answered with ${answer.status()}`);
  }
  return ((await answer.json()) as { events: Envelope[] }).events;
}

/** Numbers from 1 to `length`: the sequences of events of which none is missing and none is double. */
export function gapless(events: readonly Envelope[]): number[] {
  return events.map((_, index) => index + 1);
}
