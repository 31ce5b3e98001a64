//! A customer's socket. Whatever is measured, each looks whether it gets every event of its own customer once, in
//! sequence, with no gap, and none of anybody else's.

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

use crate::Outcome;
use crate::visitor::Visitor;

/// How long an event may take before it counts as lost.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// What each socket keeps for reading: a thousand of them are here.
const READ_BUFFER: usize = 8 * 1024;

/// When and how often one whose socket was closed tries to come back.
const RESUME_AFTER: Duration = Duration::from_millis(500);
const RESUME_TRIES: u32 = 60;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// An event, and when its frame was here.
pub struct Seen {
    /// The event.
    pub event: Envelope,
    /// By this process's steady clock.
    pub at: Instant,
}

/// What is kept of a delivery.
#[derive(Clone, Copy, Debug)]
pub struct Receipt {
    /// Which event.
    pub event_id: Uuid,
    /// Its place.
    pub sequence: u64,
    /// By the machine's clock, which the server's times are of too.
    pub at: Timestamp,
}

/// All that came over a socket.
#[derive(Debug, Default)]
pub struct Record {
    /// In the order in which it came.
    pub receipts: Vec<Receipt>,
    /// How often the socket was closed by the server or broke, and was opened again from the last sequence on.
    pub resumed: usize,
    /// What must not be.
    pub violations: Vec<String>,
}

/// An open socket, read by a task of its own.
pub struct Browser {
    events: mpsc::UnboundedReceiver<Seen>,
    reading: JoinHandle<Record>,
    stop: CancellationToken,
    caught_up: CancellationToken,
    /// The last sequence that was asked for.
    pub last: u64,
}

impl Browser {
    /// Opens the visitor's socket at `base`, for what comes after the sequence `after`.
    pub async fn open(visitor: &Visitor, base: &str, after: u64) -> Outcome<Self> {
        let address = base.replacen("http://", "ws://", 1);
        let address = format!("{address}/ws?customerId={}", visitor.customer);
        let way = Way { address, cookie: visitor.cookie.clone() };
        let socket = way.connect(after).await?;
        let (tell, events) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let caught_up = CancellationToken::new();
        let record = Record::default();
        let reader =
            Reader { customer: visitor.customer, way, last: after, tell, caught_up: caught_up.clone(), record };
        let reading = tokio::spawn(reader.run(socket, stop.clone()));
        Ok(Self { events, reading, stop, caught_up, last: after })
    }

    /// The next event.
    pub async fn next(&mut self) -> Outcome<Seen> {
        self.next_within(PATIENCE).await
    }

    /// The next event, which may take so long.
    pub async fn next_within(&mut self, patience: Duration) -> Outcome<Seen> {
        let next = tokio::time::timeout(patience, self.events.recv()).await;
        let seen = next.map_err(|_| "an event did not come")?.ok_or("the socket was closed")?;
        if seen.event.sequence != self.last + 1 {
            return Err(format!("event {} came after {}", seen.event.sequence, self.last).into());
        }
        self.last = seen.event.sequence;
        Ok(seen)
    }

    /// The next event, which must be of this type.
    pub async fn expect(&mut self, wanted: EventType) -> Outcome<Seen> {
        let seen = self.next().await?;
        if seen.event.event_type() == wanted {
            return Ok(seen);
        }
        Err(format!("{:?} came instead of {wanted:?}", seen.event.event_type()).into())
    }

    /// Waits until it has caught up: what comes from then on came through Kafka.
    pub async fn live(&self) -> Outcome<()> {
        let caught_up = tokio::time::timeout(PATIENCE, self.caught_up.cancelled()).await;
        Ok(caught_up.map_err(|_| "a socket does not catch up")?)
    }

    /// Closes it, and tells all that came.
    pub async fn close(self) -> Outcome<Record> {
        self.stop.cancel();
        Ok(self.reading.await?)
    }
}

/// How its server is reached.
struct Way {
    address: String,
    cookie: String,
}

impl Way {
    async fn connect(&self, after: u64) -> Outcome<Socket> {
        let mut request = format!("{}&after={after}", self.address).into_client_request()?;
        request.headers_mut().insert("cookie", self.cookie.parse()?);
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
        let (mut socket, _) = connect_async_with_config(request, Some(config), true).await?;
        // Answered once the socket has what was there before it.
        socket.send(Message::text(serde_json::to_string(&ClientFrame::Status)?)).await?;
        Ok(socket)
    }
}

struct Reader {
    customer: Uuid,
    way: Way,
    last: u64,
    tell: mpsc::UnboundedSender<Seen>,
    caught_up: CancellationToken,
    record: Record,
}

impl Reader {
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

    /// Connects again, as the page does, with the last sequence that it has.
    async fn resume(&mut self) -> Option<Socket> {
        for _ in 0..RESUME_TRIES {
            tokio::time::sleep(RESUME_AFTER).await;
            if let Ok(socket) = self.way.connect(self.last).await {
                self.record.resumed += 1;
                return Some(socket);
            }
        }
        self.violation("its socket was closed, and it could not come back".to_owned());
        None
    }

    fn frame(&mut self, text: &str) {
        let (at, clock) = (Instant::now(), Timestamp::now());
        match serde_json::from_str(text) {
            Ok(ServerFrame::Event { event }) => self.event(Seen { event: *event, at }, clock),
            Ok(ServerFrame::Resync {}) => self.violation("it was told to begin anew".to_owned()),
            Ok(ServerFrame::Status(_)) => self.caught_up.cancel(),
            Ok(_) => {}
            Err(error) => self.violation(format!("a frame is none: {error}")),
        }
    }

    fn event(&mut self, seen: Seen, at: Timestamp) {
        let Envelope { event_id, sequence, customer_id, .. } = seen.event;
        if customer_id != self.customer {
            self.violation(format!("event {event_id} of customer {customer_id} came to it"));
            return;
        }
        match sequence {
            sequence if sequence <= self.last => self.violation(format!("event {sequence} came after {}", self.last)),
            sequence if sequence > self.last + 1 => {
                self.violation(format!("event {sequence} came after {}, and those between did not", self.last));
            }
            _ => {}
        }
        self.last = self.last.max(sequence);
        self.record.receipts.push(Receipt { event_id, sequence, at });
        // Nobody may be waiting for it any more.
        let _ = self.tell.send(seen);
    }

    fn violation(&mut self, what: String) {
        self.record.violations.push(format!("customer {}: {what}", self.customer));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::event::{ApplicationId, EventData, SCHEMA_VERSION, UserInfo};

    use super::*;

    fn frame(customer: Uuid, sequence: u64) -> String {
        let event = Envelope {
            event_id: Uuid::now_v7(),
            source: "test".to_owned(),
            customer_id: customer,
            application_id: ApplicationId::new(customer, Timestamp::UNIX_EPOCH),
            sequence,
            schema_version: SCHEMA_VERSION,
            timestamp: Timestamp::UNIX_EPOCH,
            data: EventData::UserInfoSubmitted(UserInfo::default()),
        };
        serde_json::to_string(&ServerFrame::Event { event: Box::new(event) }).unwrap()
    }

    /// The sequences told, and how many violations.
    fn read(frames: &[(bool, u64)]) -> (Vec<u64>, usize) {
        let customer = Uuid::new_v4();
        let (tell, _events) = mpsc::unbounded_channel();
        let (caught_up, record) = (CancellationToken::new(), Record::default());
        let way = Way { address: String::new(), cookie: String::new() };
        let mut reader = Reader { customer, way, last: 0, tell, caught_up, record };
        for (own, sequence) in frames {
            reader.frame(&frame(if *own { customer } else { Uuid::new_v4() }, *sequence));
        }
        (reader.record.receipts.iter().map(|receipt| receipt.sequence).collect(), reader.record.violations.len())
    }

    #[test]
    fn each_once_in_sequence_is_as_it_should_be() {
        assert_eq!(read(&[(true, 1), (true, 2), (true, 3)]), (vec![1, 2, 3], 0));
    }

    #[test]
    fn a_gap_a_double_and_another_ones_event_are_violations() {
        assert_eq!(read(&[(true, 1), (true, 3)]).1, 1);
        assert_eq!(read(&[(true, 1), (true, 1), (true, 2)]).1, 1);
        assert_eq!(read(&[(true, 1), (true, 3), (true, 2)]).1, 2);
        assert_eq!(read(&[(true, 1), (false, 2), (true, 2)]), (vec![1, 2], 1));
    }
}
