//! Live: sockets, what they are sent, and who is connected.

mod fan_out;
mod hub;
mod owed;
mod remote;
mod session;
pub mod signature;

use std::sync::Arc;
use std::time::Duration;

pub use fan_out::FanOut;
pub use hub::{Hub, Refusal, Signal};
pub use remote::{Outcome, Remote};
pub use session::{ConnectedSocket, MAX_FRAME, serve};

use crate::clock::Clock;
use crate::store::Store;

/// What sockets need. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    /// Who is connected here.
    pub hub: Hub,
    /// Who is connected anywhere.
    pub fan_out: FanOut,
    /// What a socket catches up from, and where it is on record.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// This instance, as others reach it.
    pub instance: Arc<str>,
    /// How often a socket is pinged, its record renewed, and what it has compared with what there is.
    pub heartbeat: Duration,
}
