//! One socket from open to close: catch up from the store, then follow live, with no gap and no double.

use std::ops::ControlFlow;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use domain::api::{ClientFrame, ConnectionStatus, ServerFrame};
use domain::event::Envelope;
use futures::StreamExt;
use jiff::Timestamp;
use rand::Rng;
use tokio::time::MissedTickBehavior;

use super::hub::Subscription;
use super::{Live, Signal};
use crate::store::{ConnectionRecord, StoreError};

/// A client that answers none of so many pings, with [`SEND`] for each, is gone.
const UNANSWERED: u32 = 2;
/// A frame that cannot be sent within this time goes to a client that does not keep up.
const SEND: Duration = Duration::from_secs(10);
/// How much of what a client says is echoed, in bytes; also the frame limit of the upgrade.
pub const MAX_FRAME: usize = 4 * 1024;

/// WebSocket close codes (RFC 6455, 7.4.1, and IANA's registry).
mod code {
    pub const UNSUPPORTED: u16 = 1003;
    pub const POLICY: u16 = 1008;
    pub const INTERNAL: u16 = 1011;
    pub const RESTART: u16 = 1012;
    pub const TRY_AGAIN: u16 = 1013;
}

/// Said with [`code::POLICY`]: a client that connects again without another session is refused with 401.
const SESSION_OVER: &str = "the session has ended";

/// A socket that was taken.
pub struct ConnectedSocket {
    /// Its place in the hub.
    pub subscription: Subscription,
    /// The last sequence that the client has.
    pub after: u64,
    /// When the session ends that opened it.
    pub expires: Timestamp,
    /// Whether it may have the events. One that may not is told to fetch its snapshot instead, which is narrowed.
    pub whole: bool,
}

/// Why a socket ends.
enum End {
    /// The client closed or fell silent.
    Gone,
    /// We close, for this reason.
    Close(u16, &'static str),
}

type Flow = ControlFlow<End>;

/// Serves `socket` until either side closes it.
pub async fn serve(live: Live, connected: ConnectedSocket, socket: WebSocket) {
    let ConnectedSocket { subscription, after, expires, whole } = connected;
    let now = live.clock.now();
    // Negative where the session has ended since: then the deadline is now.
    let left = Duration::try_from(expires.duration_since(now)).unwrap_or_default();
    let deadline = tokio::time::Instant::now() + left;
    let (customer_id, connection_id) = (subscription.customer_id, subscription.connection_id);
    let record = ConnectionRecord::new(customer_id, connection_id, live.instance.to_string(), now);
    // By the record other instances find the socket; without it, events come at its heartbeat at the latest.
    if let Err(error) = live.store.connected(&record).await {
        tracing::warn!(%error, connection = %connection_id, "a connection could not be recorded");
    }
    let mut conversation =
        Conversation { live: live.clone(), subscription, socket, sent: after, deadline, record, whole };
    let end = conversation.run().await;
    if let End::Close(code, reason) = end {
        let frame = CloseFrame { code, reason: reason.into() };
        let _ = tokio::time::timeout(SEND, conversation.socket.send(Message::Close(Some(frame)))).await;
    }
    drop(conversation);
    if let Err(error) = live.store.disconnected(customer_id, connection_id).await {
        tracing::warn!(%error, connection = %connection_id, "the record of a closed connection stays until it expires");
    }
}

struct Conversation {
    live: Live,
    subscription: Subscription,
    socket: WebSocket,
    /// The sequence of the last event sent.
    sent: u64,
    /// When the session ends that opened it.
    deadline: tokio::time::Instant,
    record: ConnectionRecord,
    whole: bool,
}

impl Conversation {
    async fn run(&mut self) -> End {
        // The subscription is older than this reading: what is committed between is in both, and sent once.
        if let ControlFlow::Break(end) = self.resume().await {
            return end;
        }
        // Sockets that were opened together, as after a restart, do not all ask the store together.
        let first = self.live.heartbeat.mul_f64(rand::rng().random_range(0.5..1.0));
        let mut heartbeat = tokio::time::interval_at(tokio::time::Instant::now() + first, self.live.heartbeat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let silence = (self.live.heartbeat + SEND) * UNANSWERED;
        let mut heard = tokio::time::Instant::now();
        loop {
            let behind = self.subscription.behind.clone();
            let closing = self.subscription.closing.clone();
            let ended = self.subscription.ended.clone();
            let flow = tokio::select! {
                () = closing.cancelled() => Flow::Break(End::Close(code::RESTART, "the server restarts; connect again")),
                () = behind.cancelled() => Flow::Break(End::Close(code::TRY_AGAIN, "too slow; connect again and resume")),
                () = ended.cancelled() => Flow::Break(End::Close(code::POLICY, SESSION_OVER)),
                () = tokio::time::sleep_until(self.deadline) => Flow::Break(End::Close(code::POLICY, SESSION_OVER)),
                signal = self.subscription.signals.recv() => match signal {
                    Some(signal) => self.tell(signal).await,
                    None => Flow::Break(End::Gone),
                },
                message = self.socket.next() => {
                    heard = tokio::time::Instant::now();
                    match message {
                        Some(Ok(message)) => self.answer(message).await,
                        Some(Err(_)) | None => Flow::Break(End::Gone),
                    }
                }
                _ = heartbeat.tick() => {
                    if heard.elapsed() > silence {
                        Flow::Break(End::Gone)
                    } else {
                        self.beat().await
                    }
                }
            };
            if let ControlFlow::Break(end) = flow {
                return end;
            }
        }
    }

    /// Pings, renews the record, and sends what the socket was not told of: a signal from another instance may be lost.
    async fn beat(&mut self) -> Flow {
        self.send(Message::Ping(bytes::Bytes::new())).await?;
        self.record.renew(self.live.clock.now());
        let looked = async {
            let newest = self.live.store.newest_sequence(self.subscription.customer_id);
            tokio::try_join!(self.live.store.connected(&self.record), newest)
        };
        let connection = self.subscription.connection_id;
        match tokio::time::timeout(SEND, looked).await {
            Ok(Ok((true, _))) => Flow::Break(End::Close(code::POLICY, SESSION_OVER)),
            Ok(Ok((false, newest))) => self.catch_up(newest).await,
            // The next one may have more luck; what this instance is told goes on.
            Ok(Err(error)) => {
                tracing::warn!(%error, %connection, "a connection's heartbeat found no store");
                Flow::Continue(())
            }
            Err(_) => Flow::Continue(()),
        }
    }

    async fn tell(&mut self, signal: Signal) -> Flow {
        match signal {
            Signal::Resync => self.start_anew().await,
            Signal::Progress(progress) => self.send_frame(&ServerFrame::Progress(progress)).await,
            Signal::Event(event) if event.sequence <= self.sent => Flow::Continue(()),
            Signal::Event(event) if event.sequence == self.sent + 1 => {
                self.sent = event.sequence;
                self.send_event((*event).clone()).await
            }
            // Consumers of different topics do not wait for each other: what comes before is in the store.
            Signal::Event(event) => self.catch_up(event.sequence).await,
        }
    }

    /// Sends what the client does not have yet. One that claims a sequence which this customer has not reached, perhaps
    /// of an earlier store, would wait for ever: it is told to start anew, and goes on from where the events are.
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

    /// Has the client fetch its snapshot, and goes on from where the events are, which may be before the last one sent.
    async fn start_anew(&mut self) -> Flow {
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
            let events = match self.live.store.events_after(self.subscription.customer_id, self.sent).await {
                Ok(events) => events,
                Err(error) => return Flow::Break(self.cannot_read(&error)),
            };
            if events.is_empty() {
                break;
            }
            for event in events {
                if event.sequence != self.sent + 1 {
                    // The log was cut: the page starts anew, and goes on from where there are events.
                    self.send_frame(&ServerFrame::Resync {}).await?;
                }
                self.sent = event.sequence;
                if self.whole {
                    self.send_event(event).await?;
                }
            }
            if !self.whole {
                self.send_frame(&ServerFrame::Resync {}).await?;
            }
        }
        Flow::Continue(())
    }

    fn cannot_read(&self, error: &StoreError) -> End {
        tracing::warn!(%error, connection = %self.subscription.connection_id, "a socket could not catch up");
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

    /// The only place that an event leaves by.
    async fn send_event(&mut self, event: Envelope) -> Flow {
        match self.whole {
            true => self.send_frame(&ServerFrame::Event { event: Box::new(event) }).await,
            false => self.send_frame(&ServerFrame::Resync {}).await,
        }
    }

    async fn send_frame(&mut self, frame: &ServerFrame) -> Flow {
        match serde_json::to_string(frame) {
            Ok(text) => self.send(Message::Text(text.into())).await,
            Err(_) => Flow::Break(End::Close(code::INTERNAL, "an event could not be written")),
        }
    }

    async fn send(&mut self, message: Message) -> Flow {
        match tokio::time::timeout(SEND, self.socket.send(message)).await {
            Ok(Ok(())) => Flow::Continue(()),
            Ok(Err(_)) => Flow::Break(End::Gone),
            Err(_) => Flow::Break(End::Close(code::TRY_AGAIN, "too slow; connect again and resume")),
        }
    }
}
