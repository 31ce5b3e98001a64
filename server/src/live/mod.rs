//! Live: sockets, what they are sent, and who is connected.

mod hub;
mod session;

use std::sync::Arc;

pub use hub::{Hub, Refusal, Signal};
pub use session::{ConnectedSocket, MAX_FRAME, serve};

use crate::clock::Clock;
use crate::store::Store;

/// What sockets need. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    /// Who is connected here.
    pub hub: Hub,
    /// What a socket catches up from, and where it is on record.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// This instance, as others reach it.
    pub instance: Arc<str>,
}
