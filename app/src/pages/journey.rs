//! The journey: five tiles on one page.

use domain::journey::Tile;
use leptos::prelude::*;

use super::address::ShownPage;
use super::page_frame::PageFrame;
use super::title::set_title;
use crate::browser::dom;
use crate::components::{Announcer, ConnectionLine, GoOn, Icon, Rail};
use crate::effect::effect_with;
use crate::erased::Erase;
use crate::logic::failure::Notice;
use crate::parts;
use crate::state::{PageStore, use_store};
use crate::tiles::{AboutYou, TileFrame};

/// `/`.
#[component]
pub fn JourneyPage() -> impl IntoView {
    set_title("Find your insurance");
    let store = use_store();
    follow(store);
    let known = Memo::new(move |_| store.session.with(Option::is_some));
    view! {
        <PageFrame aside=|| view! { <ConnectionLine /> }>
            <div class="intro">
                <h1 class="page-title">"Your insurance, in five steps"</h1>
                <Show when=move || !known.get()>
                    <p class="lead">
                        "It takes about five minutes. Have your passport, identity card or driving licence at hand, \
                         and a letter or bill with your address."
                    </p>
                </Show>
            </div>
            <noscript>
                <div class="notice notice-warn">
                    <p>
                        <strong>"This form needs JavaScript."</strong>
                        " Switch it on in your browser, then load this page again."
                    </p>
                </div>
            </noscript>
            <SessionOver />
            <div class="layout">
                <Rail />
                <div class="column">
                    <ol class="tiles">
                        <li><TileFrame tile=Tile::AboutYou body=|| view! { <AboutYou /> } /></li>
                        <li><TileFrame tile=Tile::Documents body=parts::documents /></li>
                        <li><TileFrame tile=Tile::IdentityCheck body=parts::identity_check /></li>
                        <li><TileFrame tile=Tile::YourCover body=parts::cover /></li>
                        <li><TileFrame tile=Tile::Confirm body=parts::confirm /></li>
                    </ol>
                    <div class="after">
                        <Show when=move || known.get()>{parts::after_tiles()}</Show>
                    </div>
                </div>
            </div>
            <Announcer />
        </PageFrame>
    }
    .erase_fixed()
}

/// Moves the focus to the current tile, and shows the thank-you page at the end.
fn follow(store: PageStore) {
    let current = Memo::new(move |_| store.current());
    effect_with(move |before: Option<Option<Tile>>| {
        let now = current.get();
        if let (Some(before), Some(tile)) = (before, now)
            && before != now
        {
            dom::focus_if_free(format!("tile-{}-title", tile.number()));
        }
        now
    });
    let completed = Memo::new(move |_| store.journey.with(|journey| journey.completed.is_some()));
    let page = expect_context::<ShownPage>();
    effect_with(move |before: Option<bool>| {
        let now = completed.get();
        if before == Some(false) && now {
            page.show_thank_you();
        }
        now
    });
}

/// The notice that the page cannot go on with its application.
#[component]
fn SessionOver() -> impl IntoView {
    let end = use_store().session_end;
    move || {
        end.get().map(|end| {
            let Notice { title, detail, go_on, .. } = end.notice();
            let next = match go_on {
                true => view! { <GoOn /> }.erase(),
                false => view! {
                    <p class="notice-next">
                        <a class="button button-primary" href="/" rel="external">"Start again"</a>
                    </p>
                }
                .erase(),
            };
            view! {
                <div class="notice notice-warn" role="alert" data-session-over>
                    <h2 class="notice-title">{Icon::Attention} {title}</h2>
                    <p>{detail}</p>
                    {next}
                </div>
            }
        })
    }
}
