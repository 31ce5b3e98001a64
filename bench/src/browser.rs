//! The WebSocket of one customer. In every measurement it checks that each event of its customer arrives exactly once,
//! in sequence and without gaps, and that no event of another customer arrives.

use std::time::{Duration, Instant};

use domain::api::{ClientFrame, ServerFrame};
use domain::event::{Envelope, EventType};
use futures::{SinkExt, StreamExt};
use jiff::Timestamp;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::BenchResult;
use crate::visitor::Visitor;

/// Time after which a missing event counts as lost.
pub const TIMEOUT: Duration = Duration::from_secs(120);
/// Size of a socket's read buffer in bytes. It is small, because this process holds a thousand sockets.
const READ_BUFFER: usize = 8 * 1024;

/// The interval and the number of attempts to reconnect a closed socket.
const RESUME_AFTER: Duration = Duration::from_millis(500);
const RESUME_TRIES: u32 = 60;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// An event, and when its frame arrived.
pub struct ReceivedEvent {
    /// The event.
    pub event: Envelope,
    /// The time of arrival, by the monotonic clock of this process.
    pub at: Instant,
}

/// The record of one delivery.
#[derive(Clone, Copy, Debug)]
pub struct Receipt {
    /// The event.
    pub event_id: Uuid,
    /// Its sequence number.
    pub sequence: u64,
    /// The time of arrival, by the system clock, which the server uses too.
    pub at: Timestamp,
}

/// Everything that arrived over one socket.
#[derive(Debug, Default)]
pub struct Record {
    /// The deliveries in order of arrival.
    pub receipts: Vec<Receipt>,
    /// Number of reconnections from the last sequence.
    pub reconnections: usize,
    /// Violations of the delivery guarantees.
    pub violations: Vec<String>,
}

/// An open socket with its reader task.
pub struct Browser {
    events: mpsc::UnboundedReceiver<ReceivedEvent>,
    reading: JoinHandle<Record>,
    stop: CancellationToken,
    caught_up: CancellationToken,
    /// The last sequence that `next` has returned.
    pub last: u64,
}

impl Browser {
    /// Opens the visitor's socket at `base`, for the events after the sequence `after`.
    pub async fn open(visitor: &Visitor, base: &str, after: u64) -> BenchResult<Self> {
        let address = base.replacen("http://", "ws://", 1);
        let address = format!("{address}/ws?customerId={}", visitor.customer);
        let endpoint = Endpoint { address, cookie: visitor.cookie.clone() };
        let socket = endpoint.connect(after).await?;
        let (sender, events) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let caught_up = CancellationToken::new();
        let record = Record::default();
        let reader = SocketReader {
            customer: visitor.customer,
            endpoint,
            last: after,
            sender,
            caught_up: caught_up.clone(),
            record,
        };
        let reading = tokio::spawn(reader.run(socket, stop.clone()));
        Ok(Self { events, reading, stop, caught_up, last: after })
    }

    /// The next event.
    pub async fn next(&mut self) -> BenchResult<ReceivedEvent> {
        self.next_within(TIMEOUT).await
    }

    /// The next event; an error if it does not arrive within `timeout`.
    pub async fn next_within(&mut self, timeout: Duration) -> BenchResult<ReceivedEvent> {
        let next = tokio::time::timeout(timeout, self.events.recv()).await;
        let received = next.map_err(|_| "an event did not arrive in time")?.ok_or("the socket was closed")?;
        if received.event.sequence != self.last + 1 {
            return Err(format!("event {} arrived after {}", received.event.sequence, self.last).into());
        }
        self.last = received.event.sequence;
        Ok(received)
    }

    /// The next event, which must be of this type.
    pub async fn expect(&mut self, wanted: EventType) -> BenchResult<ReceivedEvent> {
        let received = self.next().await?;
        if received.event.event_type() == wanted {
            return Ok(received);
        }
        Err(format!("{:?} arrived instead of {wanted:?}", received.event.event_type()).into())
    }

    /// Waits until the socket has caught up. Later events are delivered through Kafka.
    pub async fn live(&self) -> BenchResult<()> {
        let caught_up = tokio::time::timeout(TIMEOUT, self.caught_up.cancelled()).await;
        Ok(caught_up.map_err(|_| "a socket did not catch up in time")?)
    }

    /// Closes the socket, and returns everything that arrived.
    pub async fn close(self) -> BenchResult<Record> {
        self.stop.cancel();
        Ok(self.reading.await?)
    }
}

/// The address and the session of a socket.
struct Endpoint {
    address: String,
    cookie: String,
}

impl Endpoint {
    async fn connect(&self, after: u64) -> BenchResult<Socket> {
        let mut request = format!("{}&after={after}", self.address).into_client_request()?;
        request.headers_mut().insert("cookie", self.cookie.parse()?);
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
        let (mut socket, _) = connect_async_with_config(request, Some(config), true).await?;
        // The server answers once it has sent all earlier events.
        socket.send(Message::text(serde_json::to_string(&ClientFrame::Status)?)).await?;
        Ok(socket)
    }
}

struct SocketReader {
    customer: Uuid,
    endpoint: Endpoint,
    last: u64,
    sender: mpsc::UnboundedSender<ReceivedEvent>,
    caught_up: CancellationToken,
    record: Record,
}

impl SocketReader {
    async fn run(mut self, mut socket: Socket, stop: CancellationToken) -> Record {
        loop {
            let message = tokio::select! {
                () = stop.cancelled() => break,
                message = socket.next() => message,
            };
            match message {
                Some(Ok(Message::Text(text))) => self.frame(&text),
                Some(Ok(Message::Close(_)) | Err(_)) | None => match stop.run_until_cancelled(self.resume()).await {
                    Some(Some(again)) => socket = again,
                    Some(None) | None => break,
                },
                Some(Ok(_)) => {}
            }
        }
        self.record
    }

    /// Reconnects from the last sequence, as the page does.
    async fn resume(&mut self) -> Option<Socket> {
        for _ in 0..RESUME_TRIES {
            tokio::time::sleep(RESUME_AFTER).await;
            if let Ok(socket) = self.endpoint.connect(self.last).await {
                self.record.reconnections += 1;
                return Some(socket);
            }
        }
        self.violation("the socket was closed and could not reconnect".to_owned());
        None
    }

    fn frame(&mut self, text: &str) {
        let (at, clock) = (Instant::now(), Timestamp::now());
        match serde_json::from_str(text) {
            Ok(ServerFrame::Event { event }) => self.event(ReceivedEvent { event: *event, at }, clock),
            Ok(ServerFrame::Resync {}) => self.violation("resync requested".to_owned()),
            Ok(ServerFrame::Status(_)) => self.caught_up.cancel(),
            Ok(_) => {}
            Err(error) => self.violation(format!("invalid frame: {error}")),
        }
    }

    fn event(&mut self, received: ReceivedEvent, at: Timestamp) {
        let Envelope { event_id, sequence, customer_id, .. } = received.event;
        if customer_id != self.customer {
            self.violation(format!("received event {event_id} of customer {customer_id}"));
            return;
        }
        match sequence {
            sequence if sequence <= self.last => {
                self.violation(format!("event {sequence} arrived after {}", self.last));
            }
            sequence if sequence > self.last + 1 => {
                self.violation(format!("event {sequence} arrived after {}, with a gap", self.last));
            }
            _ => {}
        }
        self.last = self.last.max(sequence);
        self.record.receipts.push(Receipt { event_id, sequence, at });
        // The receiver may have been dropped.
        let _ = self.sender.send(received);
    }

    fn violation(&mut self, what: String) {
        self.record.violations.push(format!("customer {}: {what}", self.customer));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::event::{ApplicationId, EventData, SCHEMA_VERSION, Stage, UserInfo};

    use super::*;

    fn frame(customer: Uuid, sequence: u64) -> String {
        let event = Envelope {
            event_id: Uuid::now_v7(),
            source: Stage::SubmitUserInfo.into(),
            customer_id: customer,
            application_id: ApplicationId::new(customer, Timestamp::UNIX_EPOCH),
            sequence,
            schema_version: SCHEMA_VERSION,
            timestamp: Timestamp::UNIX_EPOCH,
            data: EventData::UserInfoSubmitted(UserInfo::default()),
        };
        serde_json::to_string(&ServerFrame::Event { event: Box::new(event) }).unwrap()
    }

    /// The sequences received, and the number of violations.
    fn read(frames: &[(bool, u64)]) -> (Vec<u64>, usize) {
        let customer = Uuid::new_v4();
        let (sender, _events) = mpsc::unbounded_channel();
        let (caught_up, record) = (CancellationToken::new(), Record::default());
        let endpoint = Endpoint { address: String::new(), cookie: String::new() };
        let mut reader = SocketReader { customer, endpoint, last: 0, sender, caught_up, record };
        for (own, sequence) in frames {
            reader.frame(&frame(if *own { customer } else { Uuid::new_v4() }, *sequence));
        }
        (reader.record.receipts.iter().map(|receipt| receipt.sequence).collect(), reader.record.violations.len())
    }

    #[test]
    fn events_in_sequence_are_no_violation() {
        assert_eq!(read(&[(true, 1), (true, 2), (true, 3)]), (vec![1, 2, 3], 0));
    }

    #[test]
    fn gaps_duplicates_and_foreign_events_are_violations() {
        assert_eq!(read(&[(true, 1), (true, 3)]).1, 1);
        assert_eq!(read(&[(true, 1), (true, 1), (true, 2)]).1, 1);
        assert_eq!(read(&[(true, 1), (true, 3), (true, 2)]).1, 2);
        assert_eq!(read(&[(true, 1), (false, 2), (true, 2)]), (vec![1, 2], 1));
    }
}
