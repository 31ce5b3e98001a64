//! One socket from open to close: catch up from the store, then follow live, with no gap and no double.

use std::ops::ControlFlow;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use domain::api::{ClientFrame, ConnectionStatus, ServerFrame};
use futures::StreamExt;
use jiff::Timestamp;

use super::hub::Subscription;
use super::{Live, Signal};
use crate::store::{ConnectionRecord, StoreError};

/// How often the server pings.
const HEARTBEAT: Duration = Duration::from_secs(25);
/// A client that is silent for so long, pongs included, is gone.
const SILENCE: Duration = Duration::from_secs(70);
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
    let ConnectedSocket { subscription, after, expires } = connected;
    let now = live.clock.now();
    // Negative where the session has ended since: then the deadline is now.
    let left = Duration::try_from(expires.duration_since(now)).unwrap_or_default();
    let deadline = tokio::time::Instant::now() + left;
    let (customer_id, connection_id) = (subscription.customer_id, subscription.connection_id);
    let record = ConnectionRecord::new(customer_id, connection_id, live.instance.to_string(), now);
    // The record serves other instances; without it this one still serves the socket.
    if let Err(error) = live.store.connected(&record).await {
        tracing::warn!(%error, connection = %connection_id, "a connection could not be recorded");
    }
    let connected_at = record.connected_at;
    let mut conversation =
        Conversation { live: live.clone(), subscription, socket, sent: after, deadline, connected_at };
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
    connected_at: String,
}

impl Conversation {
    async fn run(&mut self) -> End {
        // The subscription is older than this reading: what is committed between is in both, and sent once.
        if let ControlFlow::Break(end) = self.resume().await {
            return end;
        }
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
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
                    if heard.elapsed() > SILENCE {
                        Flow::Break(End::Gone)
                    } else {
                        self.send(Message::Ping(bytes::Bytes::new())).await
                    }
                }
            };
            if let ControlFlow::Break(end) = flow {
                return end;
            }
        }
    }

    async fn tell(&mut self, signal: Signal) -> Flow {
        match signal {
            Signal::Progress(progress) => self.send_frame(&ServerFrame::Progress(progress)).await,
            Signal::Event(event) if event.sequence <= self.sent => Flow::Continue(()),
            Signal::Event(event) if event.sequence == self.sent + 1 => {
                self.sent = event.sequence;
                self.send_frame(&ServerFrame::Event { event: Box::new((*event).clone()) }).await
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
                    // The log was cut.
                    return self.send_frame(&ServerFrame::Resync {}).await;
                }
                self.sent = event.sequence;
                self.send_frame(&ServerFrame::Event { event: Box::new(event) }).await?;
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
                        connected_at: self.connected_at.clone(),
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
