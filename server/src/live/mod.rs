//! Live updates: sockets, the signals that they are sent, and delivery to other instances.

mod fan_out;
pub(crate) mod frame;
mod hub;
mod peers;
mod remote;
mod retry_queue;
mod session;
pub mod signature;

use std::sync::Arc;
use std::time::Duration;

pub use fan_out::FanOut;
pub use hub::{Hub, Refusal, Signal};
pub use peers::Peers;
pub use remote::{DeliveryOutcome, Remote};
pub use session::{ConnectedSocket, MAX_FRAME, MAX_UNSENT, SessionCheck, serve};

use crate::clock::Clock;
use crate::store::Store;

/// The context of sockets. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    /// The sockets of this instance.
    pub hub: Hub,
    /// The sockets of all instances.
    pub fan_out: FanOut,
    /// The event log that sockets catch up from, and their records.
    pub store: Store,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The other processes.
    pub peers: Peers,
    /// The address of this instance in connection records.
    pub instance: Arc<str>,
    /// How often a socket is pinged and, with other processes, its record renewed and its sequence compared with the
    /// event log.
    pub heartbeat: Duration,
}
