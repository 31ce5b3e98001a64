//! One upload: the chosen file, and the progress of sending it.

use domain::api::{DocumentAccepted, PendingDocument};
use domain::document::DocumentKind;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::File;

use crate::browser::commands;
use crate::browser::shrink::shrunk;
use crate::browser::submission::Submission;
use crate::logic::failure::Notice;
use crate::logic::files::{check, may_shrink};
use crate::state::PageStore;

/// The state of an upload. Copies are handles to the same upload.
#[derive(Clone, Copy)]
pub(super) struct Upload {
    store: PageStore,
    pub(super) submission: Submission,
    /// The sent share, in per cent.
    pub(super) percent: RwSignal<u8>,
    file: StoredValue<Option<File>, LocalStorage>,
    /// The name of the file.
    pub(super) file_name: RwSignal<String>,
    /// The kind of document that the applicant chose.
    kind: RwSignal<DocumentKind>,
}

impl Upload {
    /// An upload without a file.
    pub(super) fn new(store: PageStore, kind: RwSignal<DocumentKind>) -> Self {
        Self {
            store,
            submission: Submission::new(store),
            percent: RwSignal::new(0),
            file: StoredValue::new_local(None),
            file_name: RwSignal::new(String::new()),
            kind,
        }
    }

    /// Sends a file, or shows the reason why it cannot be used. Does nothing while another file is being sent. A picture
    /// that is too large is made smaller first, where the browser can.
    pub(super) fn choose(self, file: File) {
        let Self { submission, .. } = self;
        if submission.busy.get_untracked() {
            return;
        }
        self.file_name.set(file.name());
        if !may_shrink(&file.type_(), file.size()) {
            self.take(file);
            return;
        }
        submission.notice.set(None);
        self.percent.set(0);
        submission.busy.set(true);
        spawn_local(async move {
            let file = shrunk(file).await;
            // It refuses the value if the form was disposed of meanwhile.
            if submission.busy.try_set(false).is_none() {
                self.take(file);
            }
        });
    }

    fn take(self, file: File) {
        if let Err(reason) = check(&file.name(), &file.type_(), file.size()) {
            self.file.set_value(None);
            self.submission.notice.set(Some(Notice::plain("This file cannot be used", reason)));
            return;
        }
        self.file.set_value(Some(file));
        self.send();
    }

    /// Sends the chosen file, also after a failure.
    pub(super) fn send(self) {
        let (Some(session), Some(file)) = (self.store.session.get_untracked(), self.file.get_value()) else {
            return;
        };
        let Self { store, submission, percent, kind, .. } = self;
        let kind = kind.get_untracked();
        let file_name = file.name();
        // Name, size and time identify a file well enough to recognise a retry.
        let intent = format!("{}|{file_name}|{}|{}", kind.as_str(), file.size(), file.last_modified());
        percent.set(0);
        submission.run(
            &intent,
            move |key| {
                commands::hand_in(session, kind, file, key, move |sent| {
                    _ = percent.try_set(sent);
                })
            },
            move |DocumentAccepted { document_id }| {
                store.document_accepted(PendingDocument { document_id, kind, file_name });
            },
        );
    }

    /// Whether the last attempt failed and the file can be sent again.
    pub(super) fn can_retry(self) -> bool {
        self.submission.notice.with(Option::is_some)
            && self.store.session_end.with(Option::is_none)
            && !self.submission.busy.get()
            && self.file.with_value(Option::is_some)
    }
}
