//! Sweeps the index of unpublished events: a bounded number in one sweep, and over several sweeps all of them.

use futures::TryStreamExt;
use futures::future::try_join_all;

use crate::store::{PageCursor, SHARDS, Store, StoreError, Unpublished};

/// Concurrent releases of leases.
const RELEASES: usize = 16;

/// The position of the sweeps in each shard, beyond the oldest page.
pub(super) type Cursors = [Option<PageCursor>; SHARDS as usize];

/// The result of a sweep.
pub(super) struct Found {
    pub events: Vec<Unpublished>,
    /// Where the next sweep continues.
    pub cursors: Cursors,
    /// Whether there are more events than one sweep reads.
    pub more: bool,
}

/// Reads the oldest page of every shard and, where there are more, one further page each time, in turn. Events that
/// cannot be published therefore do not hide others for long.
pub(super) async fn sweep(store: Store, cursors: Cursors) -> Result<Found, StoreError> {
    let shards = try_join_all((0..SHARDS).zip(cursors).map(|(shard, cursor)| {
        let store = &store;
        async move {
            let (mut events, end) = store.unpublished_page(shard, None).await?;
            let Some(end) = end else { return Ok::<_, StoreError>((events, None, false)) };
            let (further, cursor) = store.unpublished_page(shard, Some(cursor.unwrap_or(end))).await?;
            events.extend(further);
            Ok((events, cursor, true))
        }
    }))
    .await?;
    let mut found = Found { events: Vec::new(), cursors: Cursors::default(), more: false };
    for (shard, (events, cursor, more)) in shards.into_iter().enumerate() {
        found.events.extend(events);
        found.cursors[shard] = cursor;
        found.more |= more;
    }
    Ok(found)
}

/// Releases the leases of `me`, so that other relays publish their events at once.
pub(super) async fn release_all(store: &Store, me: uuid::Uuid) -> Result<(), StoreError> {
    for shard in 0..SHARDS {
        let mut from = None;
        loop {
            let (events, end) = store.unpublished_page(shard, from).await?;
            let held = events.iter().filter(|event| event.lease.is_some_and(|lease| lease.by == me));
            futures::stream::iter(held.map(Ok))
                .try_for_each_concurrent(RELEASES, |event| store.release_event(event.customer_id, event.sequence, me))
                .await?;
            if end.is_none() {
                break;
            }
            from = end;
        }
    }
    Ok(())
}
