//! Tile 2: proof of identity and proof of address.

use domain::document::Proof;
use domain::event::WorkflowError;
use domain::journey::Tile;
use leptos::prelude::*;

use super::document_slot::DocumentSlot;
use super::problem::Problem;

/// Both proofs, one under the other.
#[component]
pub fn Documents() -> impl IntoView {
    view! {
        <Problem
            tile=Tile::Documents
            title=happened
            next=Callback::new(|_| {
                view! {
                    <p class="notice-next">"Next: hand in the document again below."</p>
                }
                    .into_any()
            })
        />
        <DocumentSlot proof=Proof::Identity />
        <DocumentSlot proof=Proof::Address />
    }
    .into_any()
}

fn happened(problem: &WorkflowError) -> &'static str {
    match problem.code.as_str() {
        "document_unreadable" => "We could not read your document",
        _ => "Your document could not be processed",
    }
}
