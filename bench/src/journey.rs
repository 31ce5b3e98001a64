//! The whole way of one customer: both documents, confirmation, identity check, needs, selection.

use std::time::{Duration, Instant};

use domain::event::{EventData, EventType, KycStatus};
use domain::journey::Journey;
use jiff::{Timestamp, ToSpan, Zoned};
use specimens::{Bill, CaptureQuality, Person, Theme};

use crate::Outcome;
use crate::browser::{Browser, PATIENCE, Seen};
use crate::visitor::Visitor;

/// How long a document may wait for its turn and be read: there may be hundreds before it.
const READ_WITHIN: Duration = Duration::from_secs(600);

/// The files that a customer hands in: lightly scanned pictures, which are read by OCR.
pub struct Papers {
    passport: Vec<u8>,
    bill: Vec<u8>,
}

impl Papers {
    /// Draws them.
    pub fn draw() -> Outcome<Self> {
        let person = Person::ingrid();
        let bill = Bill::issued(Zoned::now().date() - 20.days());
        let passport = specimens::draw_passport(&person, &Theme::new(CaptureQuality::Light, 7))?;
        let bill = specimens::draw_utility_bill(&person, &bill, &Theme::new(CaptureQuality::Light, 7))?;
        Ok(Self { passport: specimens::jpeg(&passport, 90)?, bill: specimens::jpeg(&bill, 90)? })
    }
}

/// What one journey took.
#[derive(Debug, Default)]
pub struct Times {
    /// From each upload's request to its fields on the socket.
    pub documents: Vec<Duration>,
    /// Each reading alone, without waiting for its turn, as its event says.
    pub readings: Vec<Duration>,
    /// From the event with which the documents were complete, by the server's clock, to the decision on the socket.
    pub kyc: Vec<Duration>,
    /// From each other request to its event on the socket.
    pub steps: Vec<Duration>,
    /// From the last reading on the socket to the end: everything that is not reading.
    pub rest: Duration,
    /// When the last document was read.
    pub read_at: Option<Instant>,
}

/// How the two documents are handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandIn {
    /// The second when the first is read, so that each is measured alone.
    InTurn,
    /// Both at once.
    Together,
}

/// Goes the whole way, from the first event on. An identity check that is not passed is an error: the papers are good.
pub async fn walk(visitor: &Visitor, browser: &mut Browser, papers: &Papers, how: HandIn) -> Outcome<Times> {
    let mut way = Way { browser, journey: Journey::default(), times: Times::default(), completed_documents: None };
    way.next(EventType::UserInfoSubmitted).await?;
    way.documents(visitor, papers, how).await?;
    let read = Instant::now();
    way.times.read_at = Some(read);
    way.confirm(visitor).await?;
    way.decision().await?;
    let sent = Instant::now();
    visitor.tell_needs().await?;
    way.step(sent, EventType::PolicyRecommended).await?;
    let recommended = way.journey.recommended.as_ref().and_then(|all| all.recommendations.first());
    let policy = recommended.ok_or("no policy was recommended")?.policy_id.clone();
    let sent = Instant::now();
    visitor.choose(policy).await?;
    way.step(sent, EventType::WorkflowCompleted).await?;
    way.times.rest = read.elapsed();
    Ok(way.times)
}

struct Way<'a> {
    browser: &'a mut Browser,
    journey: Journey,
    times: Times,
    /// When the server wrote the newest event about documents.
    completed_documents: Option<Timestamp>,
}

impl Way<'_> {
    /// The next event, folded in, which must be of this type.
    async fn next(&mut self, wanted: EventType) -> Outcome<Seen> {
        self.next_within(PATIENCE, wanted).await
    }

    async fn next_within(&mut self, patience: Duration, wanted: EventType) -> Outcome<Seen> {
        let seen = self.browser.next_within(patience).await?;
        self.journey.apply(&seen.event);
        match &seen.event.data {
            EventData::WorkflowError(error) => return Err(format!("at {:?}: {}", error.stage, error.code).into()),
            EventData::DocumentsProcessed(_) => self.completed_documents = Some(seen.event.timestamp),
            _ => {}
        }
        let found = seen.event.event_type();
        if found == wanted { Ok(seen) } else { Err(format!("{found:?} came instead of {wanted:?}").into()) }
    }

    async fn step(&mut self, sent: Instant, wanted: EventType) -> Outcome<()> {
        let seen = self.next(wanted).await?;
        self.times.steps.push(seen.at.saturating_duration_since(sent));
        Ok(())
    }

    async fn documents(&mut self, visitor: &Visitor, papers: &Papers, how: HandIn) -> Outcome<()> {
        let sent = Instant::now();
        visitor.hand_in("passport", "passport.jpg", &papers.passport).await?;
        if how == HandIn::InTurn {
            self.read(sent).await?;
        }
        let sent = if how == HandIn::InTurn { Instant::now() } else { sent };
        visitor.hand_in("proof_of_address", "bill.jpg", &papers.bill).await?;
        self.read(sent).await?;
        if how == HandIn::Together {
            self.read(sent).await?;
        }
        Ok(())
    }

    async fn read(&mut self, sent: Instant) -> Outcome<()> {
        let seen = self.next_within(READ_WITHIN, EventType::DocumentsProcessed).await?;
        self.times.documents.push(seen.at.saturating_duration_since(sent));
        if let EventData::DocumentsProcessed(read) = &seen.event.data {
            self.times.readings.push(Duration::from_millis(read.processing_time));
        }
        Ok(())
    }

    /// Confirms as read what is doubtful.
    async fn confirm(&mut self, visitor: &Visitor) -> Outcome<()> {
        for document in self.journey.documents.clone() {
            let mut fields = std::collections::BTreeMap::new();
            for name in document.to_confirm() {
                let value = document.value(name).ok_or_else(|| format!("{name:?} was not read"))?;
                fields.insert(name, value.to_owned());
            }
            if !fields.is_empty() {
                let sent = Instant::now();
                visitor.confirm(document.document_id, fields).await?;
                self.step(sent, EventType::DocumentsProcessed).await?;
            }
        }
        Ok(())
    }

    /// The decision, which comes by itself.
    async fn decision(&mut self) -> Outcome<()> {
        self.next(EventType::KycVerified).await?;
        let now = Timestamp::now();
        if let Some(complete) = self.completed_documents {
            self.times.kyc.push(Duration::try_from(now.duration_since(complete)).unwrap_or_default());
        }
        match self.journey.kyc.as_ref().map(|kyc| kyc.status) {
            Some(KycStatus::Approved) => Ok(()),
            other => Err(format!("the identity check says {other:?} of good papers").into()),
        }
    }
}
