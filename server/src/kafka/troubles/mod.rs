//! What is wrong with Kafka at the moment: said in the log once when it begins and once when it is over, and counted in
//! a metric. librdkafka repeats itself for each of its connections, and says nothing at all when an outage is over: so
//! all clients report here what they are told and what they see.

mod cause;
mod certificate;
mod ledger;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rdkafka::error::KafkaError;
use rdkafka::statistics::Statistics;

use self::cause::Complaint;
pub(super) use self::cause::{Cause, Subject};
use self::ledger::{Ledger, News};
use super::config::KafkaConfig;

/// What is wrong with the Kafka of one [`KafkaConfig`], which all of its clients share.
#[derive(Clone, Default)]
pub struct Troubles {
    ledger: Arc<Mutex<Ledger>>,
}

impl std::fmt::Debug for Troubles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Troubles").finish_non_exhaustive()
    }
}

/// One client's way to say what it is told. What it has said goes with it.
pub(super) struct Reporter {
    troubles: Troubles,
    id: u64,
    subject: Subject,
    user: Option<String>,
    ca_file: Option<PathBuf>,
}

impl Reporter {
    /// For a client of `config` that works on `subject`.
    pub(super) fn new(config: &KafkaConfig, subject: Subject) -> Self {
        let troubles = config.troubles.clone();
        let id = troubles.ledger.lock().unwrap_or_else(PoisonError::into_inner).join();
        Self { troubles, id, subject, user: config.username.clone(), ca_file: config.ca_file.clone() }
    }

    /// An error of the client as a whole, with librdkafka's text.
    pub(super) fn error(&self, error: &KafkaError, text: &str) {
        self.complain(error, text, &self.subject);
    }

    /// An event of `topic` was not taken, in spite of librdkafka's own attempts.
    pub(super) fn refused(&self, topic: &str, error: &KafkaError) {
        let subject = Subject { topic: topic.to_owned(), ..self.subject.clone() };
        self.complain(error, &error.to_string(), &subject);
    }

    /// A line of librdkafka's own log, which is all that it has for a broker that hangs.
    pub(super) fn line(&self, facility: &str, line: &str) {
        if let Some(complaint) = Cause::in_log(facility, line) {
            self.write(|ledger, now| ledger.complain(self.id, complaint, now));
        }
    }

    fn complain(&self, error: &KafkaError, text: &str, subject: &Subject) {
        let Some(complaint) = error.rdkafka_error_code().and_then(|code| Cause::of(code, text, subject)) else {
            return;
        };
        self.write(|ledger, now| ledger.complain(self.id, complaint, now));
    }

    /// The client's topic is read: what was wrong with it or with the group is over.
    pub(super) fn reads(&self) {
        self.write(|ledger, now| ledger.works(self.id, None, now));
    }

    /// An event of `topic` was taken.
    pub(super) fn took(&self, topic: &str) {
        self.write(|ledger, now| ledger.works(self.id, Some(topic), now));
    }

    /// What librdkafka knows of its connections.
    pub(super) fn statistics(&self, statistics: &Statistics) {
        self.write(|ledger, now| ledger.look(self.id, statistics, now));
    }

    fn write(&self, write: impl FnOnce(&mut Ledger, Instant) -> Vec<News>) {
        let mut ledger = self.troubles.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let news = write(&mut ledger, Instant::now());
        for news in &news {
            let cause = news.cause();
            #[allow(clippy::cast_precision_loss)] // as many as there are brokers and topics
            metrics::gauge!("onboard_kafka_troubles", "cause" => cause.label()).set(ledger.count(cause) as f64);
        }
        drop(ledger);
        for news in news {
            self.tell(news);
        }
    }

    fn tell(&self, news: News) {
        match news {
            News::Begun { complaint, quiet: true } => {
                tracing::debug!(cause = complaint.cause.label(), reason = complaint.reason, "explained already");
            }
            News::Begun { complaint: Complaint { cause: Cause::Certificate(broker), reason, .. }, .. } => {
                certificate::tell(broker, self.ca_file.clone(), reason);
            }
            News::Begun { complaint: Complaint { cause, broker, reason, .. }, .. } => {
                cause.log_begin(broker.as_deref(), self.user.as_deref(), &reason);
            }
            News::Over { quiet: true, .. } => {}
            News::Over { cause, after, .. } => cause.log_end(after.as_secs_f64().round() as u64),
        }
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.write(|ledger, now| ledger.leave(self.id, now));
    }
}
