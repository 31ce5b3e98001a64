//! Icons. Each stands beside a text that says the same, so all of them are hidden from assistive technology.

use domain::event::KycStatus;
use domain::journey::TileState;
use leptos::prelude::*;

use crate::erased::{Erase, ErasedView};
use crate::logic::tiles::ShownState;

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A tick: passed, done.
    Tick,
    /// A cross: not passed.
    Cross,
    /// A warning triangle: needs attention.
    Attention,
    /// A turning ring: in progress.
    Working,
    /// An arrow: ready for the applicant.
    Arrow,
    /// A padlock: locked.
    Lock,
    /// An arrow into a tray: upload.
    Upload,
    /// A camera.
    Camera,
    /// A shield: the product's mark.
    Shield,
    /// A person at a desk: a colleague.
    Person,
    /// A pencil: written by the applicant.
    Pencil,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Tick => "M5 12.5l4.5 4.5L19 7.5",
            Self::Cross => "M6.5 6.5l11 11M17.5 6.5l-11 11",
            Self::Attention => "M12 4L21.5 20h-19zM12 10v4.5M12 17.2v.1",
            Self::Working => "M12 4a8 8 0 1 1-7.4 5",
            Self::Arrow => "M5 12h13M13 6.5l5.5 5.5-5.5 5.5",
            Self::Lock => "M6.5 11h11v8h-11zM8.5 11V8.5a3.5 3.5 0 0 1 7 0V11",
            Self::Upload => "M12 15V5M7.5 9L12 4.5 16.5 9M4.5 15v4.5h15V15",
            Self::Camera => "M4 8.5h3.5L9 6h6l1.5 2.5H20V18.5H4zM12 16.2a3 3 0 1 0 0-6 3 3 0 0 0 0 6",
            Self::Shield => "M12 3.5l7 2.5v5.5c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6zM8.5 12l2.5 2.5 4.5-5",
            Self::Pencil => "M5 19l1-4L15.5 5.5l3 3L9 18zM13.5 7.5l3 3",
            Self::Person => "M12 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M5 19.5c.8-3.5 3.5-5 7-5s6.2 1.5 7 5",
        }
    }
}

impl IntoRender for Icon {
    type Output = ErasedView;

    fn into_render(self) -> ErasedView {
        let class = if self == Self::Working { "icon icon-turning" } else { "icon" };
        view! {
            <svg class=class viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                <path d=self.path() />
            </svg>
        }
        .erase()
    }
}

/// The icon of a tile's state.
pub const fn icon_of(shown: ShownState) -> Icon {
    match (shown.state, shown.outcome) {
        (TileState::NeedsAttention, Some(KycStatus::Review)) => Icon::Person,
        (TileState::NeedsAttention, Some(KycStatus::Rejected)) => Icon::Cross,
        (TileState::Locked, _) => Icon::Lock,
        (TileState::Ready, _) => Icon::Arrow,
        (TileState::Working, _) => Icon::Working,
        (TileState::NeedsAttention, _) => Icon::Attention,
        (TileState::Done, _) => Icon::Tick,
    }
}

/// The spelling of an outcome in `data-outcome`.
pub const fn outcome_name(outcome: Option<KycStatus>) -> Option<&'static str> {
    match outcome {
        Some(KycStatus::Approved) => Some("approved"),
        Some(KycStatus::Review) => Some("review"),
        Some(KycStatus::Rejected) => Some("rejected"),
        None => None,
    }
}

/// The spelling of a tile's state in `data-state`.
pub const fn state_name(state: TileState) -> &'static str {
    match state {
        TileState::Locked => "locked",
        TileState::Ready => "ready",
        TileState::Working => "working",
        TileState::NeedsAttention => "needs_attention",
        TileState::Done => "done",
    }
}

/// A tile's state as icon and text.
#[component]
pub fn StateMark(
    /// The state.
    shown: Memo<ShownState>,
) -> impl IntoView {
    view! {
        <span
            class="mark"
            data-state=move || state_name(shown.get().state)
            data-outcome=move || outcome_name(shown.get().outcome)
        >
            {move || icon_of(shown.get()).into_render()}
            <span class="mark-words">{move || shown.get().text}</span>
        </span>
    }
    .erase_fixed()
}
