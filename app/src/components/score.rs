//! The fit score.

use leptos::prelude::*;

use crate::erased::Erase;

/// A fit score from 0 to 100, as a number and a bar. The bar is SVG, because the content security policy forbids inline
/// styles.
#[component]
pub fn ScoreBar(
    /// The score.
    score: u8,
) -> impl IntoView {
    view! {
        <div class="score" data-score=score.to_string()>
            <span class="score-label">"Fit"</span>
            <svg class="score-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <rect class="score-rest" width="100" height="8" />
                <rect class="score-fill" width=score.to_string() height="8" />
            </svg>
            <span class="score-number">
                {score.to_string()} <span class="score-of">" of 100"</span>
            </span>
        </div>
    }
    .erase()
}
