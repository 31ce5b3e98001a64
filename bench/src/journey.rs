//! The journey of one customer: both documents, confirmation, identity check, needs, selection.

use std::time::{Duration, Instant};

use domain::event::{EventData, EventType, KycStatus};
use domain::journey::Journey;
use jiff::{Timestamp, ToSpan, Zoned};
use specimens::{Bill, CaptureQuality, Person, Theme};

use crate::BenchResult;
use crate::browser::{Browser, ReceivedEvent, TIMEOUT};
use crate::visitor::Visitor;

/// Time limit for queueing and reading a document. Hundreds may be queued before it.
const READ_WITHIN: Duration = Duration::from_secs(600);

/// The uploaded files: lightly degraded pictures, which are read by OCR.
pub struct SampleFiles {
    passport: Vec<u8>,
    bill: Vec<u8>,
}

impl SampleFiles {
    /// Draws the files.
    pub fn draw() -> BenchResult<Self> {
        let person = Person::ingrid();
        let bill = Bill::issued(Zoned::now().date() - 20.days());
        let passport = specimens::draw_passport(&person, &Theme::new(CaptureQuality::Light, 7))?;
        let bill = specimens::draw_utility_bill(&person, &bill, &Theme::new(CaptureQuality::Light, 7))?;
        Ok(Self { passport: specimens::jpeg(&passport, 90)?, bill: specimens::jpeg(&bill, 90)? })
    }
}

/// The durations of one journey.
#[derive(Debug, Default)]
pub struct Times {
    /// From each upload's request to its fields on the socket.
    pub documents: Vec<Duration>,
    /// Duration of the reading without its time in the queue, from its event.
    pub readings: Vec<Duration>,
    /// From the event that completes the documents, by the server's clock, to the decision on the socket.
    pub kyc: Vec<Duration>,
    /// From each other request to its event on the socket.
    pub steps: Vec<Duration>,
    /// From the last reading on the socket to the end of the journey.
    pub rest: Duration,
    /// When the last document was read.
    pub read_at: Option<Instant>,
}

/// The order of the two uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadOrder {
    /// The second after the first was read, so that each is measured alone.
    Sequential,
    /// Both at the same time.
    Concurrent,
}

/// Runs a journey from the first event on.
///
/// # Errors
/// If any step fails, or the identity check rejects the valid files.
pub async fn walk(
    visitor: &Visitor,
    browser: &mut Browser,
    files: &SampleFiles,
    how: UploadOrder,
) -> BenchResult<Times> {
    let mut run =
        JourneyRun { browser, journey: Journey::default(), times: Times::default(), completed_documents: None };
    run.next(EventType::UserInfoSubmitted).await?;
    run.documents(visitor, files, how).await?;
    let read = Instant::now();
    run.times.read_at = Some(read);
    run.confirm(visitor).await?;
    run.decision().await?;
    let sent = Instant::now();
    visitor.submit_needs().await?;
    run.step(sent, EventType::PolicyRecommended).await?;
    let recommended = run.journey.recommended.as_ref().and_then(|all| all.recommendations.first());
    let policy = recommended.ok_or("no policy was recommended")?.policy_id.clone();
    let sent = Instant::now();
    visitor.choose(policy).await?;
    run.step(sent, EventType::WorkflowCompleted).await?;
    run.times.rest = read.elapsed();
    Ok(run.times)
}

struct JourneyRun<'a> {
    browser: &'a mut Browser,
    journey: Journey,
    times: Times,
    /// The timestamp of the newest event about documents.
    completed_documents: Option<Timestamp>,
}

impl JourneyRun<'_> {
    /// Applies the next event, which must be of this type.
    async fn next(&mut self, wanted: EventType) -> BenchResult<ReceivedEvent> {
        self.next_within(TIMEOUT, wanted).await
    }

    async fn next_within(&mut self, timeout: Duration, wanted: EventType) -> BenchResult<ReceivedEvent> {
        let seen = self.browser.next_within(timeout).await?;
        self.journey.apply(&seen.event);
        match &seen.event.data {
            EventData::WorkflowError(error) => return Err(format!("at {:?}: {}", error.stage, error.code).into()),
            EventData::DocumentsProcessed(_) => self.completed_documents = Some(seen.event.timestamp),
            _ => {}
        }
        let found = seen.event.event_type();
        if found == wanted { Ok(seen) } else { Err(format!("{found:?} arrived instead of {wanted:?}").into()) }
    }

    async fn step(&mut self, sent: Instant, wanted: EventType) -> BenchResult<()> {
        let seen = self.next(wanted).await?;
        self.times.steps.push(seen.at.saturating_duration_since(sent));
        Ok(())
    }

    async fn documents(&mut self, visitor: &Visitor, files: &SampleFiles, how: UploadOrder) -> BenchResult<()> {
        let sent = Instant::now();
        visitor.upload_document("passport", "passport.jpg", &files.passport).await?;
        if how == UploadOrder::Sequential {
            self.read(sent).await?;
        }
        let sent = if how == UploadOrder::Sequential { Instant::now() } else { sent };
        visitor.upload_document("proof_of_address", "bill.jpg", &files.bill).await?;
        self.read(sent).await?;
        if how == UploadOrder::Concurrent {
            self.read(sent).await?;
        }
        Ok(())
    }

    async fn read(&mut self, sent: Instant) -> BenchResult<()> {
        let seen = self.next_within(READ_WITHIN, EventType::DocumentsProcessed).await?;
        self.times.documents.push(seen.at.saturating_duration_since(sent));
        if let EventData::DocumentsProcessed(read) = &seen.event.data {
            self.times.readings.push(Duration::from_millis(read.processing_time));
        }
        Ok(())
    }

    /// Confirms the doubtful fields as they were read.
    async fn confirm(&mut self, visitor: &Visitor) -> BenchResult<()> {
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

    /// Waits for the decision, which needs no request.
    async fn decision(&mut self) -> BenchResult<()> {
        self.next(EventType::KycVerified).await?;
        let now = Timestamp::now();
        if let Some(complete) = self.completed_documents {
            self.times.kyc.push(Duration::try_from(now.duration_since(complete)).unwrap_or_default());
        }
        match self.journey.kyc.as_ref().map(|kyc| kyc.status) {
            Some(KycStatus::Approved) => Ok(()),
            other => Err(format!("the identity check of valid files ended with {other:?}").into()),
        }
    }
}
