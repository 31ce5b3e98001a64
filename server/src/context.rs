//! What the parts of one process share: state, documents, and what decisions depend on.

use std::sync::Arc;

use domain::policy::Catalogue;

use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::store::Store;
use crate::watchlists::Watchlists;

/// The shared context. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// State and events.
    pub store: Store,
    /// Documents' bytes.
    pub blobs: Blobs,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The policies on offer.
    pub catalogue: Arc<Catalogue>,
    /// The sanctions lists.
    pub watchlists: Watchlists,
}
