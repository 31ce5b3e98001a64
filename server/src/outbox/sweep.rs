//! Looks through the index of unpublished events: a bounded number of them at once, and in time every one.

use futures::TryStreamExt;
use futures::future::try_join_all;

use crate::store::{PageEnd, SHARDS, Store, StoreError, Unpublished};

/// Claims given back at once.
const RELEASES: usize = 16;

/// How far sweeps have come in each shard, beyond the oldest page.
pub(super) type Cursors = [Option<PageEnd>; SHARDS as usize];

/// What a sweep found.
pub(super) struct Found {
    pub events: Vec<Unpublished>,
    /// From where the next sweep goes on.
    pub cursors: Cursors,
    /// Whether there is more than a sweep looks at.
    pub more: bool,
}

/// Reads the oldest page of every shard and, where there is more, one page further on each time, round and round: so
/// events that cannot be published for whatever reason never hide others for long.
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

/// Gives back what `me` claims, for other relays to publish at once.
pub(super) async fn release_all(store: &Store, me: uuid::Uuid) -> Result<(), StoreError> {
    for shard in 0..SHARDS {
        let mut from = None;
        loop {
            let (events, end) = store.unpublished_page(shard, from).await?;
            let held = events.iter().filter(|event| event.claim.is_some_and(|claim| claim.by == me));
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
