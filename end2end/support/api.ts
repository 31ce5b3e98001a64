// Requests to the API with the session of a page.

import type { APIRequestContext } from '@playwright/test';

export interface Envelope {
  readonly eventId: string;
  readonly eventType: string;
  readonly sequence: number;
}

/** All events of an application, in order. One response holds at most a hundred. */
export async function eventsOf(request: APIRequestContext, origin: string, applicationId: string): Promise<Envelope[]> {
  const answer = await request.get(`${origin}/api/applications/${applicationId}/events?after=0`);
  if (!answer.ok()) {
    throw new Error(`the events were answered with ${answer.status()}`);
  }
  return ((await answer.json()) as { events: Envelope[] }).events;
}

/** The sequences of `events` without gaps and duplicates: 1 to `events.length`. */
export function sequencesUpTo(events: readonly Envelope[]): number[] {
  return events.map((_, index) => index + 1);
}
