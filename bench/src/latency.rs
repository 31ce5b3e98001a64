//! How soon a browser sees what was submitted, with many customers at a time.

use std::time::{Duration, Instant};

use domain::api::{CustomerCreated, DocumentAccepted, ServerFrame, Snapshot};
use domain::event::{Address, Envelope, EventType, UserInfo};
use futures::StreamExt;
use futures::future::try_join_all;
use jiff::{ToSpan, Zoned};
use reqwest::multipart::{Form, Part};
use specimens::{Bill, Person, text_pdf};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::Outcome;
use crate::figures::{rate, row, spread};
use crate::program::Program;

/// How long a customer thinks between two steps, in the paced measurement.
const PACE: Duration = Duration::from_secs(2);
/// How many documents are handed in at a time while the customers get ready; that is not measured.
const READY_AT_ONCE: usize = 8;

/// Measures the first form, then steps at a human pace, then steps without a pause.
pub async fn measure(program: &Program, customers: usize, steps: usize) -> Outcome<()> {
    let joined = try_join_all((0..customers).map(|number| Customer::join(program, number))).await?;
    let (joined, times): (Vec<_>, Vec<_>) = joined.into_iter().unzip();
    row(&format!("Form sent to event seen, {customers} customers at the same moment"), &spread(times));

    let mut ready: Vec<Customer> = futures::stream::iter(joined)
        .map(Customer::hand_in)
        .buffer_unordered(READY_AT_ONCE)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .collect::<Outcome<_>>()?;
    for (what, pace) in [
        (format!("Step sent to event seen, {customers} customers, each a step every {} s", PACE.as_secs()), Some(PACE)),
        (format!("Step sent to event seen, {customers} customers, without a pause"), None),
    ] {
        let started = Instant::now();
        let all = try_join_all(ready.iter_mut().enumerate().map(|(number, customer)| {
            // They do not all come in the same moment.
            let offset =
                pace.map_or(Duration::ZERO, |pace| pace * u32::try_from(number).unwrap_or(0) / customers as u32);
            customer.walk(steps, pace, offset)
        }))
        .await?;
        let times: Vec<Duration> = all.into_iter().flatten().collect();
        let passed = rate(times.len(), started.elapsed());
        row(&what, &format!("{}; {passed}", spread(times)));
    }
    Ok(())
}

/// A customer with a browser: a session and a socket.
struct Customer {
    http: reqwest::Client,
    base: String,
    cookie: String,
    application: String,
    document: String,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Customer {
    /// Sends the first form; the time is until its event is seen, connecting included.
    async fn join(program: &Program, number: usize) -> Outcome<(Self, Duration)> {
        let http = reqwest::Client::new();
        let info = info(number);
        let sent = Instant::now();
        let answer =
            http.post(format!("{}/api/customers", program.base)).json(&info).send().await?.error_for_status()?;
        let cookie = answer.headers()["set-cookie"].to_str()?.split(';').next().unwrap_or_default().to_owned();
        let created: CustomerCreated = answer.json().await?;
        let address = format!("{}/ws?customerId={}", program.base.replace("http://", "ws://"), created.customer_id);
        let mut request = address.into_client_request()?;
        request.headers_mut().insert("cookie", cookie.parse()?);
        let (socket, _) = connect_async(request).await?;
        let application = format!("{}/api/applications/{}", program.base, created.application_id);
        let base = program.base.clone();
        let mut customer = Self { http, base, cookie, application, document: String::new(), socket };
        customer.event(EventType::UserInfoSubmitted).await?;
        Ok((customer, sent.elapsed()))
    }

    /// Hands in a bill, so that there is something to correct.
    async fn hand_in(mut self) -> Outcome<Self> {
        let pdf = text_pdf(&Person::ingrid(), &Bill::issued(Zoned::now().date() - 20.days()));
        let form = Form::new().text("kind", "proof_of_address").part("file", Part::bytes(pdf).file_name("bill.pdf"));
        let request = self.http.post(format!("{}/documents", self.application)).header("cookie", &self.cookie);
        let accepted: DocumentAccepted = request.multipart(form).send().await?.error_for_status()?.json().await?;
        self.event(EventType::DocumentsProcessed).await?;
        self.document = accepted.document_id.to_string();
        Ok(self)
    }

    /// Corrects a field so many times; each is a command, an event on its topic, and a frame on the socket.
    async fn walk(&mut self, steps: usize, pace: Option<Duration>, offset: Duration) -> Outcome<Vec<Duration>> {
        let mut times = Vec::with_capacity(steps);
        tokio::time::sleep(offset).await;
        let mut pace = pace.map(tokio::time::interval);
        let address = format!("{}/documents/{}", self.application, self.document);
        let snapshot = self.http.get(&self.application).header("cookie", &self.cookie).send().await?;
        let seen = snapshot.error_for_status()?.json::<Snapshot>().await?.journey.last_sequence;
        for step in 0..steps {
            if let Some(pace) = &mut pace {
                pace.tick().await;
            }
            let body = serde_json::json!({"fields": {"issuer": format!("Company {} {}", self.base.len(), seen + step as u64)}});
            let sent = Instant::now();
            let request = self.http.patch(&address).header("cookie", &self.cookie).json(&body);
            // The answer and the event come by different ways; a browser waits for neither before the other.
            let (answered, event) = tokio::join!(request.send(), next_event(&mut self.socket));
            answered?.error_for_status()?;
            if event?.sequence != seen + 1 + step as u64 {
                return Err("an event was missed".into());
            }
            times.push(sent.elapsed());
        }
        Ok(times)
    }

    async fn event(&mut self, wanted: EventType) -> Outcome<()> {
        let event = next_event(&mut self.socket).await?;
        if event.event_type() == wanted { Ok(()) } else { Err(format!("{:?} came instead", event.event_type()).into()) }
    }
}

async fn next_event(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> Outcome<Envelope> {
    while let Some(message) = socket.next().await {
        if let Message::Text(text) = message?
            && let ServerFrame::Event { event } = serde_json::from_str(&text)?
        {
            return Ok(*event);
        }
    }
    Err("the socket was closed".into())
}

fn info(number: usize) -> UserInfo {
    UserInfo {
        email: format!("person{number}@example.com"),
        first_name: "Ingrid".into(),
        last_name: "Brandvold".into(),
        date_of_birth: "1987-03-14".into(),
        phone_number: "+4722334455".into(),
        address: Address {
            line1: "Storgata 14".into(),
            city: "Oslo".into(),
            postal_code: "0184".into(),
            country: "NO".into(),
            ..Address::default()
        },
    }
}
