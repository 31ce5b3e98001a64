//! One socket from open to close: it catches up from the event log, then follows live signals, without gaps or
//! duplicates.

use std::ops::ControlFlow;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use domain::api::{ClientFrame, ConnectionStatus, ServerFrame};
use futures::StreamExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use rand::Rng;
use tokio::time::MissedTickBehavior;

use super::hub::Subscription;
use super::{Live, Signal, frame};
use crate::raw_event::RawEvent;
use crate::store::{ConnectionRecord, StoreError};
use crate::telemetry::observe;

/// After so many pings without an answer, with [`SEND_TIMEOUT`] for each, the client is considered gone.
const UNANSWERED_PINGS: u32 = 2;
/// The time limit of sending one frame. A client that exceeds it does not keep up and is closed.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest frame of a client, in bytes.
pub const MAX_FRAME: usize = 4 * 1024;
/// How many bytes may wait for a client that does not read. More than the largest event, which is a row of DynamoDB
/// (400 kB). Without it, each ping of such a client would leave an answer in memory.
pub const MAX_UNSENT: usize = 1024 * 1024;
/// A process without others renews the record of a socket, and compares its sequence, once in so many heartbeats: all
/// its events come from this process, which loses no signal.
const ALONE_EVERY: u32 = 12;
/// How many frames a client may send between two heartbeats. The page sends one.
const MAX_MESSAGES: u32 = 200;

/// WebSocket close codes (RFC 6455, 7.4.1, and IANA's registry).
mod code {
    pub const UNSUPPORTED: u16 = 1003;
    pub const POLICY: u16 = 1008;
    pub const INTERNAL: u16 = 1011;
    pub const RESTART: u16 = 1012;
    pub const TRY_AGAIN: u16 = 1013;
}

/// The reason with [`code::POLICY`]. A client that connects again without another session is refused with 401.
const SESSION_ENDED: &str = "the session has ended";

/// Whether the session of a socket is still active; none where that cannot be read.
pub type SessionCheck = Box<dyn Fn() -> BoxFuture<'static, Option<bool>> + Send + Sync>;

/// An accepted socket.
pub struct ConnectedSocket {
    /// Its registration in the hub.
    pub subscription: Subscription,
    /// The last sequence that the client has.
    pub after: u64,
    /// When the session expires that opened it.
    pub expires: Timestamp,
    /// For a phone's session only, which another phone can replace: checked at each signal and heartbeat. Such a socket
    /// does not receive events: it receives `resync` and fetches its redacted snapshot.
    pub phone: Option<SessionCheck>,
}

/// How a socket ends.
enum End {
    /// The client closed the socket or does not answer.
    Gone,
    /// The server closes it, with this code and reason.
    Close(u16, &'static str),
}

impl End {
    const fn code(&self) -> Option<u16> {
        match self {
            Self::Gone => None,
            Self::Close(code, _) => Some(*code),
        }
    }
}

type Flow = ControlFlow<End>;

/// Serves `socket` until either side closes it.
pub async fn serve(live: Live, connected: ConnectedSocket, socket: WebSocket) {
    let ConnectedSocket { subscription, after, expires, phone } = connected;
    let now = live.clock.now();
    // Negative where the session has expired since: then the deadline is now.
    let left = Duration::try_from(expires.duration_since(now)).unwrap_or_default();
    let deadline = tokio::time::Instant::now() + left;
    let (customer_id, connection_id) = (subscription.customer_id, subscription.connection_id);
    let record = ConnectionRecord::new(customer_id, connection_id, live.instance.to_string(), now);
    // Other instances find the socket by its record. Without it, events arrive at the heartbeat at the latest.
    if let Err(error) = live.store.record_connection(&record).await {
        tracing::warn!(%error, connection = %connection_id, "connection not recorded");
    }
    let mut conversation =
        Conversation { live: live.clone(), subscription, socket, sent: after, opened: now, deadline, record, phone };
    let end = conversation.run().await;
    observe::socket_closed(end.code());
    if let End::Close(code, reason) = end {
        let frame = CloseFrame { code, reason: reason.into() };
        let _ = tokio::time::timeout(SEND_TIMEOUT, conversation.socket.send(Message::Close(Some(frame)))).await;
    }
    drop(conversation);
    if let Err(error) = live.store.remove_connection(customer_id, connection_id).await {
        tracing::warn!(%error, connection = %connection_id, "record of a closed connection not removed; it expires");
    }
}

struct Conversation {
    live: Live,
    subscription: Subscription,
    socket: WebSocket,
    /// The sequence of the last event sent.
    sent: u64,
    /// When the socket opened.
    opened: Timestamp,
    /// When the session expires that opened it.
    deadline: tokio::time::Instant,
    record: ConnectionRecord,
    phone: Option<SessionCheck>,
}

impl Conversation {
    async fn run(&mut self) -> End {
        // The subscription is older than this query. An event committed in between is in both, and is sent once.
        if let ControlFlow::Break(end) = self.resume().await {
            return end;
        }
        // Jitter: sockets that were opened together, as after a restart, do not all query the store together.
        let first = self.live.heartbeat.mul_f64(rand::rng().random_range(0.5..1.0));
        // Other processes may not know of this one yet, and not send it their events.
        let first = match self.live.peers.unknown_for() {
            Duration::ZERO => first,
            unknown => first.min(unknown),
        };
        let mut heartbeat = tokio::time::interval_at(tokio::time::Instant::now() + first, self.live.heartbeat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let silence = (self.live.heartbeat + SEND_TIMEOUT) * UNANSWERED_PINGS;
        let mut heard = tokio::time::Instant::now();
        let mut messages = 0;
        let mut heartbeats = 0;
        loop {
            let behind = self.subscription.behind.clone();
            let closing = self.subscription.closing.clone();
            let ended = self.subscription.ended.clone();
            let flow = tokio::select! {
                () = closing.cancelled() => {
                    Flow::Break(End::Close(code::RESTART, "the server restarts; connect again"))
                }
                () = behind.cancelled() => {
                    Flow::Break(End::Close(code::TRY_AGAIN, "too slow; connect again and resume"))
                }
                () = ended.cancelled() => Flow::Break(End::Close(code::POLICY, SESSION_ENDED)),
                () = tokio::time::sleep_until(self.deadline) => Flow::Break(End::Close(code::POLICY, SESSION_ENDED)),
                signal = self.subscription.signals.recv() => match signal {
                    Some(signal) => self.send_signal(signal).await,
                    None => Flow::Break(End::Gone),
                },
                message = self.socket.next() => {
                    heard = tokio::time::Instant::now();
                    messages += 1;
                    match message {
                        Some(Ok(_)) if messages > MAX_MESSAGES => {
                            Flow::Break(End::Close(code::TRY_AGAIN, "too many messages; connect again"))
                        }
                        Some(Ok(message)) => self.answer(message).await,
                        Some(Err(_)) | None => Flow::Break(End::Gone),
                    }
                }
                _ = heartbeat.tick() => {
                    messages = 0;
                    heartbeats += 1;
                    if heard.elapsed() > silence {
                        Flow::Break(End::Gone)
                    } else {
                        self.heartbeat(heartbeats).await
                    }
                }
            };
            if let ControlFlow::Break(end) = flow {
                return end;
            }
        }
    }

    /// Pings, renews the record, and sends the events whose signals were lost on their way from other instances.
    async fn heartbeat(&mut self, number: u32) -> Flow {
        self.send(Message::Ping(bytes::Bytes::new())).await?;
        self.check_phone().await?;
        if !number.is_multiple_of(ALONE_EVERY) && !self.live.peers.exist().await {
            return Flow::Continue(());
        }
        self.record.renew(self.live.clock.now());
        let looked = async {
            let newest = self.live.store.newest_sequence(self.subscription.customer_id);
            tokio::try_join!(self.live.store.record_connection(&self.record), newest)
        };
        let connection = self.subscription.connection_id;
        match tokio::time::timeout(SEND_TIMEOUT, looked).await {
            Ok(Ok((true, _))) => Flow::Break(End::Close(code::POLICY, SESSION_ENDED)),
            Ok(Ok((false, newest))) => self.catch_up(newest).await,
            // Signals to this instance still arrive; the next heartbeat retries.
            Ok(Err(error)) => {
                tracing::warn!(%error, %connection, "heartbeat of a connection failed");
                Flow::Continue(())
            }
            Err(_) => Flow::Continue(()),
        }
    }

    async fn send_signal(&mut self, signal: Signal) -> Flow {
        if !matches!(signal, Signal::Progress(_)) {
            self.check_phone().await?;
        }
        match signal {
            Signal::Resync => self.resync().await,
            Signal::Progress(progress) => self.send_frame(&ServerFrame::Progress(progress)).await,
            Signal::Event(event) if event.sequence <= self.sent => Flow::Continue(()),
            Signal::Event(event) if event.sequence == self.sent + 1 => {
                self.sent = event.sequence;
                self.send_event(&event).await?;
                self.measure(&event, "pushed");
                Flow::Continue(())
            }
            // Consumers of different topics do not wait for each other: the events before it are in the event log.
            Signal::Event(event) => self.catch_up(event.sequence).await,
        }
    }

    /// Sends the events that the client does not have. A client with a sequence beyond the newest one, perhaps of an
    /// earlier store, would wait without end: it receives `resync`, and continues from the newest event.
    async fn resume(&mut self) -> Flow {
        if self.sent > 0 {
            let newest = match self.live.store.newest_sequence(self.subscription.customer_id).await {
                Ok(newest) => newest,
                Err(error) => return Flow::Break(self.cannot_read(&error)),
            };
            if self.sent > newest {
                self.sent = newest;
                self.send_frame(&ServerFrame::Resync {}).await?;
            }
        }
        self.catch_up(u64::MAX).await
    }

    /// Makes the client fetch its snapshot, and continues from the newest event, which may be before the last one sent.
    async fn resync(&mut self) -> Flow {
        let newest = match self.live.store.newest_sequence(self.subscription.customer_id).await {
            Ok(newest) => newest,
            Err(error) => return Flow::Break(self.cannot_read(&error)),
        };
        self.sent = self.sent.min(newest);
        self.send_frame(&ServerFrame::Resync {}).await
    }

    /// Sends the events after the last one sent, up to `until` or the newest.
    async fn catch_up(&mut self, until: u64) -> Flow {
        while self.sent < until {
            let events = match self.live.store.raw_events_after(self.subscription.customer_id, self.sent).await {
                Ok(events) => events,
                Err(error) => return Flow::Break(self.cannot_read(&error)),
            };
            if events.is_empty() {
                break;
            }
            for event in events {
                if event.sequence != self.sent + 1 {
                    // Events are missing in the log: the page fetches its snapshot, and continues from the next event.
                    self.send_frame(&ServerFrame::Resync {}).await?;
                }
                self.sent = event.sequence;
                if self.phone.is_none() {
                    self.send_event(&event).await?;
                    self.measure(&event, "caught_up");
                }
            }
            if self.phone.is_some() {
                self.send_frame(&ServerFrame::Resync {}).await?;
            }
        }
        Flow::Continue(())
    }

    fn cannot_read(&self, error: &StoreError) -> End {
        tracing::warn!(%error, connection = %self.subscription.connection_id, "socket failed to catch up");
        End::Close(code::INTERNAL, "the events could not be read; connect again")
    }

    async fn answer(&mut self, message: Message) -> Flow {
        match message {
            Message::Text(text) => {
                let frame = match serde_json::from_str::<ClientFrame>(&text) {
                    Ok(ClientFrame::Status) => ServerFrame::Status(ConnectionStatus {
                        connection_id: self.subscription.connection_id,
                        customer_id: self.subscription.customer_id,
                        sequence: self.sent,
                        connected_at: self.record.connected_at.clone(),
                    }),
                    Err(_) => ServerFrame::Echo { message: text.to_string() },
                };
                self.send_frame(&frame).await
            }
            Message::Binary(_) => Flow::Break(End::Close(code::UNSUPPORTED, "send text")),
            Message::Close(_) => Flow::Break(End::Gone),
            // Answered by the library.
            Message::Ping(_) | Message::Pong(_) => Flow::Continue(()),
        }
    }

    /// Closes the socket of a phone that another one has replaced.
    async fn check_phone(&mut self) -> Flow {
        let Some(check) = self.phone.as_ref().map(|is_active| is_active()) else { return Flow::Continue(()) };
        match check.await {
            Some(false) => Flow::Break(End::Close(code::POLICY, SESSION_ENDED)),
            Some(true) | None => Flow::Continue(()),
        }
    }

    /// Sends an event as it is stored. The only place where events are sent.
    async fn send_event(&mut self, event: &RawEvent) -> Flow {
        match self.phone {
            None => self.send(Message::Text(frame::of_event(event).into())).await,
            Some(_) => self.send_frame(&ServerFrame::Resync {}).await,
        }
    }

    fn measure(&self, event: &RawEvent, way: &'static str) {
        observe::sent_to_socket(event.committed_at(), self.opened, self.live.clock.now(), way);
    }

    async fn send_frame(&mut self, frame: &ServerFrame) -> Flow {
        match serde_json::to_string(frame) {
            Ok(text) => self.send(Message::Text(text.into())).await,
            Err(_) => Flow::Break(End::Close(code::INTERNAL, "an event could not be written")),
        }
    }

    async fn send(&mut self, message: Message) -> Flow {
        match tokio::time::timeout(SEND_TIMEOUT, self.socket.send(message)).await {
            Ok(Ok(())) => Flow::Continue(()),
            Ok(Err(_)) => Flow::Break(End::Gone),
            Err(_) => Flow::Break(End::Close(code::TRY_AGAIN, "too slow; connect again and resume")),
        }
    }
}
