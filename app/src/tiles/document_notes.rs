//! Notes about a document as a whole: a weakness of its picture, or that it is outdated.

use domain::document::{Document, PictureIssue};
use leptos::prelude::*;

use crate::components::Icon;
use crate::erased::Erase;
use crate::logic::fields::{Outdated, outdated_documents};
use crate::state::use_store;

/// The notes of a document, if there are any.
#[component]
pub fn DocumentNotes(
    /// The document.
    document: Document,
) -> impl IntoView {
    let late = use_store().journey.with_untracked(outdated_documents);
    let own = late.into_iter().find(|(proof, _)| *proof == document.kind.proves());
    let late = own.map(|(_, late)| {
        let (title, text) = match late {
            Outdated::TooOld(date) => (
                format!("This is dated {date}"),
                "We need a letter or bill of the last three months. If you have a newer one, send it instead. Without \
                 one, a colleague looks at your application before it goes on.",
            ),
            Outdated::Expired(date) => (
                format!("This ran out on {date}"),
                "We need a document that is still valid. If you have one, send it instead. Without one, a colleague \
                 looks at your application before it goes on.",
            ),
        };
        view! {
            <div class="notice notice-warn" data-note="late">
                <h4 class="notice-title">{Icon::Attention} {title}</h4>
                <p>{text}</p>
            </div>
        }
    });
    let weak = (!document.issues.is_empty()).then(|| {
        let issues: Vec<_> = document.issues.iter().map(PictureIssue::to_string).collect();
        view! {
            <p class="aside" data-note="picture">
                {Icon::Person}
                <span>
                    {format!("We took this as it is, although {}. A colleague looks at it.", issues.join(", and "))}
                </span>
            </p>
        }
    });
    view! {
        {late}
        {weak}
    }
    .erase()
}
