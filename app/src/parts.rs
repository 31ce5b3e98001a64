//! The parts of the page whose code is loaded when it is needed, so that the first form can be used before.
//!
//! A part is a table of functions. In the browser `cargo leptos build --split` puts the code behind a table into a file
//! of its own, which [`browser::parts`](crate::browser::parts) loads: before hydration what the page shows at once, the
//! rest when the browser is idle. The server has all tables from the start.

#[cfg(feature = "hydrate")]
use domain::api::Snapshot;
#[cfg(feature = "ssr")]
use domain::journey::Tile;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::browser::live;
use crate::components::{History, LeaveSession};
use crate::erased::{Erase, ErasedView};
#[cfg(feature = "hydrate")]
use crate::logic::tiles::Rules;
#[cfg(feature = "ssr")]
use crate::pages::Page;
use crate::pages::{OutboxPage, PhoneLinkPage, PhonePage, ThankYou};
use crate::state::{PageStore, Session};
use crate::tiles::{Confirm, Cover, Documents, IdentityCheck, Waiting};

/// A part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What a page with a session needs: its state, the live connection, the history and the end of the session.
    Session,
    /// The second tile, with the camera, and the phone's page.
    Documents,
    /// The tiles after it, and the thank-you page.
    Cover,
    /// Pages outside of the journey.
    Pages,
}

impl Part {
    /// Its name in the manifest of the build, which is the first argument of `wasm_split`.
    #[cfg(feature = "ssr")]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Documents => "documents",
            Self::Cover => "cover",
            Self::Pages => "pages",
        }
    }
}

/// Renders a piece of a part.
pub type Piece = fn() -> ErasedView;

/// [`Part::Session`].
#[derive(Clone, Copy)]
pub struct SessionPart {
    #[cfg(feature = "hydrate")]
    rules: Rules,
    #[cfg(feature = "hydrate")]
    reads: fn(&str) -> bool,
    #[cfg(feature = "hydrate")]
    restore: fn(PageStore, &str),
    connect: fn(PageStore, Session),
    after_tiles: Piece,
}

/// [`Part::Documents`].
#[derive(Clone, Copy)]
pub struct DocumentsPart {
    tile: Piece,
    phone: Piece,
}

/// [`Part::Cover`].
#[derive(Clone, Copy)]
pub struct CoverPart {
    identity_check: Piece,
    cover: Piece,
    confirm: Piece,
    thank_you: Piece,
}

/// [`Part::Pages`].
#[derive(Clone, Copy)]
pub struct PagesPart {
    outbox: Piece,
    phone_link: Piece,
}

impl SessionPart {
    /// The table. In the browser only the code of this part may call it.
    pub fn new() -> Self {
        Self {
            #[cfg(feature = "hydrate")]
            rules: Rules::all(),
            #[cfg(feature = "hydrate")]
            reads: |snapshot| serde_json::from_str::<Snapshot>(snapshot).is_ok(),
            #[cfg(feature = "hydrate")]
            restore: |store, snapshot| {
                if let Ok(snapshot) = serde_json::from_str(snapshot) {
                    store.restore(snapshot);
                }
            },
            connect: live::start,
            after_tiles: || view! { <History /> <LeaveSession /> }.erase(),
        }
    }

    /// The rules by which the tiles of every journey are displayed.
    #[cfg(feature = "hydrate")]
    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// Whether this build can read a snapshot.
    #[cfg(feature = "hydrate")]
    pub fn reads(&self, snapshot: &str) -> bool {
        (self.reads)(snapshot)
    }

    /// Applies a snapshot, which it can read.
    #[cfg(feature = "hydrate")]
    pub fn restore(&self, store: PageStore, snapshot: &str) {
        (self.restore)(store, snapshot);
    }

    /// Keeps the page live.
    pub fn connect(&self, store: PageStore, session: Session) {
        (self.connect)(store, session);
    }
}

impl DocumentsPart {
    /// As above.
    pub fn new() -> Self {
        Self { tile: || view! { <Documents /> }.erase(), phone: || view! { <PhonePage /> }.erase() }
    }
}

impl CoverPart {
    /// As above.
    pub fn new() -> Self {
        Self {
            identity_check: || view! { <IdentityCheck /> }.erase(),
            cover: || view! { <Cover /> }.erase(),
            confirm: || view! { <Confirm /> }.erase(),
            thank_you: || view! { <ThankYou /> }.erase(),
        }
    }
}

impl PagesPart {
    /// As above.
    pub fn new() -> Self {
        Self { outbox: || view! { <OutboxPage /> }.erase(), phone_link: || view! { <PhoneLinkPage /> }.erase() }
    }
}

/// The parts that are there. Copies are handles to the same state.
#[derive(Clone, Copy)]
pub struct Parts {
    /// The part, once it is there.
    pub session: RwSignal<Option<SessionPart>>,
    /// As above.
    pub documents: RwSignal<Option<DocumentsPart>>,
    /// As above.
    pub cover: RwSignal<Option<CoverPart>>,
    /// As above.
    pub pages: RwSignal<Option<PagesPart>>,
}

impl Parts {
    /// All of them.
    #[cfg(not(feature = "hydrate"))]
    pub fn initial() -> Self {
        Self {
            session: RwSignal::new(Some(SessionPart::new())),
            documents: RwSignal::new(Some(DocumentsPart::new())),
            cover: RwSignal::new(Some(CoverPart::new())),
            pages: RwSignal::new(Some(PagesPart::new())),
        }
    }

    /// Those that were loaded before hydration.
    #[cfg(feature = "hydrate")]
    pub fn initial() -> Self {
        let loaded = crate::browser::parts::loaded();
        Self {
            session: RwSignal::new(loaded.session),
            documents: RwSignal::new(loaded.documents),
            cover: RwSignal::new(loaded.cover),
            pages: RwSignal::new(loaded.pages),
        }
    }
}

/// What stands below the tiles of a page with a session.
pub fn after_tiles() -> ErasedView {
    let part = expect_context::<Parts>().session;
    (move || part.get().map(|part| (part.after_tiles)())).erase()
}

/// The second tile.
pub fn documents() -> ErasedView {
    piece(expect_context::<Parts>().documents, |part| (part.tile)())
}

/// The phone's page.
pub fn phone() -> ErasedView {
    piece(expect_context::<Parts>().documents, |part| (part.phone)())
}

/// The third tile.
pub fn identity_check() -> ErasedView {
    piece(expect_context::<Parts>().cover, |part| (part.identity_check)())
}

/// The fourth tile.
pub fn cover() -> ErasedView {
    piece(expect_context::<Parts>().cover, |part| (part.cover)())
}

/// The fifth tile.
pub fn confirm() -> ErasedView {
    piece(expect_context::<Parts>().cover, |part| (part.confirm)())
}

/// The page at the end.
pub fn thank_you() -> ErasedView {
    piece(expect_context::<Parts>().cover, |part| (part.thank_you)())
}

/// The outbox.
pub fn outbox() -> ErasedView {
    piece(expect_context::<Parts>().pages, |part| (part.outbox)())
}

/// The page of a phone link.
pub fn phone_link() -> ErasedView {
    piece(expect_context::<Parts>().pages, |part| (part.phone_link)())
}

/// A piece of `part`, or a line that it is coming.
fn piece<T: Copy + Send + Sync + 'static>(part: RwSignal<Option<T>>, render: fn(T) -> ErasedView) -> ErasedView {
    (move || match part.get() {
        Some(part) => render(part),
        None => view! { <Waiting text="One moment, this step is being loaded." /> }.erase(),
    })
    .erase()
}

/// The parts that a page shows at once, which must be there before its hydration.
#[cfg(feature = "ssr")]
pub fn at_once(page: Page, store: PageStore) -> Vec<Part> {
    let session = store.session.with_untracked(Option::is_some).then_some(Part::Session);
    let shown = match page {
        Page::Journey => {
            Tile::ALL.into_iter().filter(|tile| untrack(|| store.opens(*tile))).filter_map(part_of).collect()
        }
        Page::ThankYou => vec![Part::Cover],
        Page::Phone => vec![Part::Documents],
        Page::PhoneLink | Page::Outbox => vec![Part::Pages],
        Page::NotFound => Vec::new(),
    };
    let mut parts: Vec<_> = session.into_iter().chain(shown).collect();
    parts.dedup();
    parts
}

/// The part that renders a tile's content.
#[cfg(feature = "ssr")]
const fn part_of(tile: Tile) -> Option<Part> {
    match tile {
        Tile::AboutYou => None,
        Tile::Documents => Some(Part::Documents),
        Tile::IdentityCheck | Tile::YourCover | Tile::Confirm => Some(Part::Cover),
    }
}
