//! Tile 2: proof of identity and proof of address.

use domain::document::Proof;
use domain::event::WorkflowError;
use domain::journey::Tile;
use leptos::prelude::*;

use super::document_slot::DocumentSlot;
use super::handoff::PhonePanel;
use super::problem::Problem;
use crate::erased::{Erase, ErasedView};

/// Both proofs, one under the other.
#[component]
pub fn Documents() -> impl IntoView {
    view! {
        <Problem
            tile=Tile::Documents
            title=problem_title
            next=Callback::new(|_| next_photo())
        />
        <PhonePanel />
        <DocumentSlot proof=Proof::Identity />
        <DocumentSlot proof=Proof::Address />
    }
    .erase()
}

/// The next step after an unreadable document.
pub(super) fn next_photo() -> ErasedView {
    view! {
        <p class="notice-next">"Next: hand in the document again below."</p>
    }
    .erase()
}

pub(super) fn problem_title(problem: &WorkflowError) -> &'static str {
    match problem.code.as_str() {
        "document_unreadable" => "We could not read your document",
        _ => "Your document could not be processed",
    }
}
