//! The hint channel from commands to the document worker, and the result of reading one document.

use domain::event::ApplicationId;
use extraction::Extraction;
use tokio::sync::mpsc;

/// The capacity of the channel. The worker's sweep finds the documents of a hint that finds it full.
const CAPACITY: usize = 1000;

/// Why a document could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadFailure {
    /// The file is at fault.
    #[error("unreadable")]
    File {
        /// What is wrong and what helps, in words for the applicant.
        advice: String,
    },
    /// The program or a provider is at fault. The text is for the log.
    #[error("{0}")]
    Failed(String),
}

/// The result of reading a document.
#[derive(Clone, Debug)]
pub struct ReadDocument {
    /// The fields that were read, and the provider that read them.
    pub extraction: Extraction,
    /// The number of page pictures that are stored.
    pub pages: u8,
}

/// Where commands send a hint for each stored document. Cheap to clone.
#[derive(Clone)]
pub struct ReadQueue {
    hints: mpsc::Sender<ApplicationId>,
}

impl ReadQueue {
    /// A queue, and the receiver for the document worker.
    pub fn new() -> (Self, mpsc::Receiver<ApplicationId>) {
        let (hints, receiver) = mpsc::channel(CAPACITY);
        (Self { hints }, receiver)
    }

    /// Announces a stored document. Never waits and never fails: the worker's sweep finds what a full queue drops.
    pub fn hint(&self, id: ApplicationId) {
        let _ = self.hints.try_send(id);
    }
}
