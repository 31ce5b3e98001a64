//! The live connection's own decisions: what state to show, when to ask for a sign of life, how long to wait before the
//! next attempt, and what to do with an event.

/// What the page shows of its connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConnectionState {
    /// Nothing to be connected to yet: a new visitor.
    #[default]
    Idle,
    /// The first attempt is under way.
    Connecting,
    /// News arrives as it happens.
    Live,
    /// The connection was lost, and the page is trying again.
    Reconnecting,
    /// The device says that it has no network.
    Offline,
}

/// What happened to the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionSignal {
    /// An attempt begins.
    Trying,
    /// The server was heard.
    Heard,
    /// The socket closed, or could not be opened.
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
            // What is heard proves a network, whatever the device says.
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

    /// What the applicant reads.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Idle => "",
            Self::Connecting => "Connecting",
            Self::Live => "Live",
            Self::Reconnecting => "Reconnecting. What you did is saved.",
            Self::Offline => "You are offline. What you did is saved; this page goes on when you are back.",
        }
    }
}

/// How often the page asks the server for a sign of life, in milliseconds.
pub const ASK_EVERY_MS: f64 = 20_000.0;
/// After how much silence the connection counts as dead, in milliseconds: two questions unanswered, and some slack.
pub const SILENT_AFTER_MS: f64 = 45_000.0;

/// What the heartbeat wants done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Beat {
    /// Nothing for so many milliseconds.
    Wait(f64),
    /// Ask for a sign of life.
    Ask,
    /// Close: nobody is there.
    GiveUp,
}

/// Keeps track of silence. Times are milliseconds of any monotonic clock.
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

    /// Something was received.
    pub const fn heard(&mut self, now: f64) {
        self.heard = now;
    }

    /// What to do at `now`. [`Beat::Ask`] counts as asked.
    pub fn beat(&mut self, now: f64) -> Beat {
        let give_up_in = self.heard + SILENT_AFTER_MS - now;
        let ask_in = self.asked + ASK_EVERY_MS - now;
        if give_up_in <= 0.0 {
            Beat::GiveUp
        } else if ask_in <= 0.0 {
            self.asked = now;
            Beat::Ask
        } else {
            Beat::Wait(ask_in.min(give_up_in))
        }
    }
}

/// How long to wait before attempt number `attempt` (0 is the first one after a loss), in milliseconds: doubling from
/// 250 up to 10,000, and of that between a half and the whole by `jitter` (0 to 1), so that browsers which lost the same
/// server do not return in step.
pub fn backoff(attempt: u32, jitter: f64) -> u32 {
    let ceiling = 250u32.saturating_mul(1 << attempt.min(6)).min(10_000);
    let share = 0.5 + jitter.clamp(0.0, 1.0) / 2.0;
    (f64::from(ceiling) * share) as u32
}

/// What to do with an event, going by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// The next one: fold it in.
    Next,
    /// Folded in before: ignore it.
    Known,
    /// One is missing: fetch the snapshot.
    Gap,
}

/// Judges an event's `sequence` by the last one folded in.
pub const fn receipt(last: u64, sequence: u64) -> Receipt {
    if sequence <= last {
        Receipt::Known
    } else if sequence == last + 1 {
        Receipt::Next
    } else {
        Receipt::Gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(signals: &[ConnectionSignal]) -> ConnectionState {
        signals.iter().fold(ConnectionState::Idle, |state, signal| state.after(*signal))
    }

    #[test]
    fn a_new_visitor_is_not_told_of_a_connection_that_nobody_wants() {
        use ConnectionSignal::{Lost, NetworkBack, NetworkGone};
        assert_eq!(after(&[NetworkGone, NetworkBack, Lost]), ConnectionState::Idle);
    }

    #[test]
    fn the_state_follows_loss_and_return() {
        use ConnectionSignal::{Heard, Lost, NetworkBack, NetworkGone, Trying};
        assert_eq!(after(&[Trying]), ConnectionState::Connecting);
        assert_eq!(after(&[Trying, Heard]), ConnectionState::Live);
        assert_eq!(after(&[Trying, Heard, Lost, Trying]), ConnectionState::Reconnecting);
        assert_eq!(after(&[Trying, Heard, NetworkGone, Lost, Trying]), ConnectionState::Offline);
        assert_eq!(after(&[Trying, Heard, NetworkGone, NetworkBack]), ConnectionState::Reconnecting);
        assert_eq!(after(&[Trying, NetworkGone, Heard]), ConnectionState::Live);
    }

    #[test]
    fn silence_is_asked_into_and_then_given_up() {
        let mut heart = Heartbeat::new(0.0);
        assert_eq!(heart.beat(0.0), Beat::Wait(20_000.0));
        assert_eq!(heart.beat(20_000.0), Beat::Ask);
        assert_eq!(heart.beat(20_000.0), Beat::Wait(20_000.0));
        assert_eq!(heart.beat(40_000.0), Beat::Ask);
        assert_eq!(heart.beat(41_000.0), Beat::Wait(4_000.0));
        assert_eq!(heart.beat(45_000.0), Beat::GiveUp);
    }

    #[test]
    fn a_server_that_is_heard_is_not_given_up() {
        let mut heart = Heartbeat::new(0.0);
        heart.heard(44_000.0);
        assert_eq!(heart.beat(50_000.0), Beat::Ask);
        assert_eq!(heart.beat(50_001.0), Beat::Wait(19_999.0));
    }

    #[test]
    fn waiting_doubles_to_a_limit_and_never_vanishes() {
        assert_eq!(backoff(0, 1.0), 250);
        assert_eq!(backoff(1, 1.0), 500);
        assert_eq!(backoff(1, 0.0), 250);
        assert_eq!(backoff(5, 1.0), 8_000);
        assert_eq!(backoff(6, 1.0), 10_000);
        assert_eq!(backoff(u32::MAX, 1.0), 10_000);
        assert_eq!(backoff(u32::MAX, 0.0), 5_000);
    }

    #[test]
    fn events_are_taken_once_and_a_hole_is_seen() {
        assert_eq!(receipt(3, 3), Receipt::Known);
        assert_eq!(receipt(3, 4), Receipt::Next);
        assert_eq!(receipt(3, 5), Receipt::Gap);
        assert_eq!(receipt(0, 1), Receipt::Next);
    }
}
