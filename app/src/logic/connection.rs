//! The decisions of the live connection: its state, its heartbeat, the back-off before a reconnect, and the order of
//! events.

/// The state of the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConnectionState {
    /// A new visitor has no session to connect for.
    #[default]
    Idle,
    /// The first attempt is in progress.
    Connecting,
    /// Events arrive as they happen.
    Live,
    /// The connection was lost, and the page is reconnecting.
    Reconnecting,
    /// The device reports that it has no network.
    Offline,
}

/// A change of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionSignal {
    /// An attempt begins.
    Trying,
    /// A frame was received.
    Heard,
    /// The socket was closed or could not be opened.
    Lost,
    /// The device lost its network.
    NetworkGone,
    /// The device has its network again.
    NetworkBack,
}

impl ConnectionState {
    /// The state after a signal.
    pub const fn after(self, signal: ConnectionSignal) -> Self {
        match (self, signal) {
            (Self::Idle, ConnectionSignal::Trying) => Self::Connecting,
            // A received frame proves that there is a network, whatever the device reports.
            (_, ConnectionSignal::Heard) => Self::Live,
            (Self::Idle, _) => Self::Idle,
            (_, ConnectionSignal::NetworkGone) => Self::Offline,
            (Self::Offline, ConnectionSignal::NetworkBack) => Self::Reconnecting,
            (Self::Offline, _) => Self::Offline,
            (_, ConnectionSignal::Lost) => Self::Reconnecting,
            (state, ConnectionSignal::Trying | ConnectionSignal::NetworkBack) => state,
        }
    }

    /// The spelling in `data-connection`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Reconnecting => "reconnecting",
            Self::Offline => "offline",
        }
    }

    /// The text for the applicant.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Idle => "",
            Self::Connecting => "Connecting",
            Self::Live => "Live",
            Self::Reconnecting => "Reconnecting. What you did is saved.",
            Self::Offline => "You are offline. What you did is saved; this page goes on when you are back.",
        }
    }
}

/// How often the page pings the server, in milliseconds.
pub const PING_INTERVAL_MS: f64 = 20_000.0;
/// The silence after which the connection counts as lost, in milliseconds: two unanswered pings and some slack.
pub const SILENCE_TIMEOUT_MS: f64 = 45_000.0;

/// The action that the heartbeat requires.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HeartbeatAction {
    /// Wait for this many milliseconds.
    Wait(f64),
    /// Ping the server.
    Ping,
    /// Close the connection: it is lost.
    GiveUp,
}

/// Detects a lost connection by its silence. Times are milliseconds of a monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Heartbeat {
    heard: f64,
    asked: f64,
}

impl Heartbeat {
    /// A connection that opens at `now`.
    pub const fn new(now: f64) -> Self {
        Self { heard: now, asked: now }
    }

    /// A frame was received.
    pub const fn heard(&mut self, now: f64) {
        self.heard = now;
    }

    /// The action at `now`. Returning [`HeartbeatAction::Ping`] counts as a ping.
    pub fn next_action(&mut self, now: f64) -> HeartbeatAction {
        let give_up_in = self.heard + SILENCE_TIMEOUT_MS - now;
        let ask_in = self.asked + PING_INTERVAL_MS - now;
        if give_up_in <= 0.0 {
            HeartbeatAction::GiveUp
        } else if ask_in <= 0.0 {
            self.asked = now;
            HeartbeatAction::Ping
        } else {
            HeartbeatAction::Wait(ask_in.min(give_up_in))
        }
    }
}

/// The exponential back-off before attempt number `attempt` (0 is the first one after a loss), in milliseconds. It
/// doubles from 250 up to 10,000. `jitter` (0 to 1) scales it to between a half and the whole, so that browsers that
/// lost the same server do not reconnect at the same time.
pub fn backoff(attempt: u32, jitter: f64) -> u32 {
    let ceiling = 250u32.saturating_mul(1 << attempt.min(6)).min(10_000);
    let share = 0.5 + jitter.clamp(0.0, 1.0) / 2.0;
    (f64::from(ceiling) * share) as u32
}

/// The relation of an event's sequence to the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SequenceCheck {
    /// The next one, to be applied.
    Next,
    /// Applied before, to be ignored.
    Known,
    /// An event is missing, so the snapshot must be fetched.
    Gap,
}

/// Compares an event's `sequence` with the last one applied.
pub const fn check_sequence(last: u64, sequence: u64) -> SequenceCheck {
    if sequence <= last {
        SequenceCheck::Known
    } else if sequence == last + 1 {
        SequenceCheck::Next
    } else {
        SequenceCheck::Gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(signals: &[ConnectionSignal]) -> ConnectionState {
        signals.iter().fold(ConnectionState::Idle, |state, signal| state.after(*signal))
    }

    #[test]
    fn new_visitor_sees_no_connection_state() {
        use ConnectionSignal::{Lost, NetworkBack, NetworkGone};
        assert_eq!(after(&[NetworkGone, NetworkBack, Lost]), ConnectionState::Idle);
    }

    #[test]
    fn state_follows_loss_and_return() {
        use ConnectionSignal::{Heard, Lost, NetworkBack, NetworkGone, Trying};
        assert_eq!(after(&[Trying]), ConnectionState::Connecting);
        assert_eq!(after(&[Trying, Heard]), ConnectionState::Live);
        assert_eq!(after(&[Trying, Heard, Lost, Trying]), ConnectionState::Reconnecting);
        assert_eq!(after(&[Trying, Heard, NetworkGone, Lost, Trying]), ConnectionState::Offline);
        assert_eq!(after(&[Trying, Heard, NetworkGone, NetworkBack]), ConnectionState::Reconnecting);
        assert_eq!(after(&[Trying, NetworkGone, Heard]), ConnectionState::Live);
    }

    #[test]
    fn silent_connection_is_pinged_and_then_given_up() {
        let mut heart = Heartbeat::new(0.0);
        assert_eq!(heart.next_action(0.0), HeartbeatAction::Wait(20_000.0));
        assert_eq!(heart.next_action(20_000.0), HeartbeatAction::Ping);
        assert_eq!(heart.next_action(20_000.0), HeartbeatAction::Wait(20_000.0));
        assert_eq!(heart.next_action(40_000.0), HeartbeatAction::Ping);
        assert_eq!(heart.next_action(41_000.0), HeartbeatAction::Wait(4_000.0));
        assert_eq!(heart.next_action(45_000.0), HeartbeatAction::GiveUp);
    }

    #[test]
    fn received_frame_keeps_the_connection() {
        let mut heart = Heartbeat::new(0.0);
        heart.heard(44_000.0);
        assert_eq!(heart.next_action(50_000.0), HeartbeatAction::Ping);
        assert_eq!(heart.next_action(50_001.0), HeartbeatAction::Wait(19_999.0));
    }

    #[test]
    fn back_off_doubles_up_to_its_limit_and_is_never_zero() {
        assert_eq!(backoff(0, 1.0), 250);
        assert_eq!(backoff(1, 1.0), 500);
        assert_eq!(backoff(1, 0.0), 250);
        assert_eq!(backoff(5, 1.0), 8_000);
        assert_eq!(backoff(6, 1.0), 10_000);
        assert_eq!(backoff(u32::MAX, 1.0), 10_000);
        assert_eq!(backoff(u32::MAX, 0.0), 5_000);
    }

    #[test]
    fn sequence_check_finds_duplicates_and_gaps() {
        assert_eq!(check_sequence(3, 3), SequenceCheck::Known);
        assert_eq!(check_sequence(3, 4), SequenceCheck::Next);
        assert_eq!(check_sequence(3, 5), SequenceCheck::Gap);
        assert_eq!(check_sequence(0, 1), SequenceCheck::Next);
    }
}
