//! Use of a phone's camera from a computer: a link as a QR code, and the notice that a phone is connected.

use std::time::Duration;

use domain::api::{Handoff, QrCode};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser::submission::Submission;
use crate::browser::{commands, dom};
use crate::components::{Icon, NoticeBox};
use crate::effect::{effect, effect_with};
use crate::erased::{Erase, ErasedView};
use crate::logic::phone::remaining_text;
use crate::state::{PageStore, use_store};

/// The interval, in seconds, at which the page polls whether the link was used, in case no frame reports it.
const POLL_INTERVAL_S: u32 = 10;

/// The state of the panel. Copies are handles to the same state.
#[derive(Clone, Copy)]
struct Link {
    store: PageStore,
    submission: Submission,
    made: RwSignal<Option<Handoff>>,
    /// When it expires, by the device's clock, in milliseconds.
    ends_ms: StoredValue<f64>,
    /// The remaining seconds.
    left: RwSignal<u32>,
    /// `phone_until` at the time when the link was made.
    before: StoredValue<Option<String>>,
}

impl Link {
    fn make(self) {
        let Some(session) = self.store.session.get_untracked() else { return };
        self.submission.run(
            "handoff",
            |_| commands::hand_over(session),
            move |handoff: Handoff| {
                self.before.set_value(self.store.phone_until.get_untracked());
                self.ends_ms.set_value(dom::wall_clock_ms() + f64::from(handoff.valid_for_s) * 1000.0);
                self.left.set(handoff.valid_for_s);
                self.made.set(Some(handoff));
            },
        );
    }

    fn close(self) {
        self.made.set(None);
        self.store.phone_asked.set(false);
    }

    /// Updates the remaining time, once a second.
    fn tick(self) {
        if self.left.get_untracked() == 0 || self.made.with_untracked(Option::is_none) {
            return;
        }
        let left = ((self.ends_ms.get_value() - dom::wall_clock_ms()) / 1000.0).ceil().max(0.0) as u32;
        if left == self.left.get_untracked() {
            return;
        }
        self.left.set(left);
        if left.is_multiple_of(POLL_INTERVAL_S)
            && let Some(session) = self.store.session.get_untracked()
        {
            spawn_local(async move {
                commands::refresh(self.store, &session).await;
            });
        }
    }
}

/// The panel: empty, a QR code, or the notice that a phone is connected.
#[component]
pub fn PhonePanel() -> impl IntoView {
    let store = use_store();
    let link = Link {
        store,
        submission: Submission::new(store),
        made: RwSignal::new(None),
        ends_ms: StoredValue::new(0.0),
        left: RwSignal::new(0),
        before: StoredValue::new(None),
    };
    effect(move |_| {
        if store.phone_asked.get() {
            link.make();
            dom::focus("phone-panel-title");
        }
    });
    effect(move |_| {
        let ticking = set_interval_with_handle(move || link.tick(), Duration::from_secs(1)).ok();
        on_cleanup(move || {
            ticking.iter().for_each(leptos::leptos_dom::helpers::IntervalHandle::clear);
            // The tile was closed. A new link is made when the panel opens again.
            _ = store.phone_asked.try_set(false);
        });
    });
    let announcement = RwSignal::new("");
    effect(move |_| {
        let until = store.phone_until.get();
        let new = until.is_some() && link.made.with_untracked(Option::is_some) && link.before.get_value() != until;
        if new {
            announcement.set("Your phone is connected.");
            link.close();
            dom::focus("phone-connected-title");
        }
    });
    effect_with(move |before: Option<bool>| {
        let over = link.left.get() == 0 && link.made.with(Option::is_some);
        if over && before == Some(false) {
            announcement.set("The code does not work any more.");
        }
        over
    });
    let connected = Memo::new(move |_| store.phone_until.with(Option::is_some));
    view! {
        <p class="visually-hidden" role="status" data-phone-status>{move || announcement.get()}</p>
        {move || match (store.phone_asked.get(), connected.get()) {
            (true, _) => view! { <Panel link /> }.erase(),
            (false, true) => {
                view! {
                    <div class="notice notice-good" data-phone="connected">
                        <h3 class="notice-title" id="phone-connected-title" tabindex="-1">
                            {Icon::Tick}
                            "Your phone is connected"
                        </h3>
                        <p>
                            "Take the photos with it. They appear here by themselves. It is connected for one hour at \
                             most."
                        </p>
                    </div>
                }
                    .erase()
            }
            (false, false) => ().erase(),
        }}
    }
    .erase()
}

#[component]
fn Panel(link: Link) -> impl IntoView {
    let over = Memo::new(move |_| link.made.with(Option::is_some) && link.left.get() == 0);
    let left = Memo::new(move |_| match link.made.with(Option::is_some) {
        true => remaining_text(link.left.get()).unwrap_or_else(|| "The code does not work any more.".to_owned()),
        false => "The code is being made.".to_owned(),
    });
    let reachable = Memo::new(move |_| link.made.with(|made| made.as_ref().is_none_or(|made| made.reachable)));
    view! {
        <section class="panel phone-panel" data-phone="code" aria-labelledby="phone-panel-title">
            <h3 class="panel-title" id="phone-panel-title" tabindex="-1">"Use your phone’s camera"</h3>
            <NoticeBox id="phone-problem" notice=link.submission.notice input_of=|_| None />
            <Show when=move || !reachable.get()>
                <div class="notice notice-warn" data-unreachable>
                    <p>
                        <strong>"A phone cannot open this address: it means this computer itself."</strong>
                        " Open this page by an address that the phone can reach, such as this computer’s in your \
                         network, or have one set as "
                        <code>"http.public_url"</code>
                        "."
                    </p>
                </div>
            </Show>
            <div class="phone-columns">
                <div class="phone-code" data-over=move || over.get().to_string()>
                    {move || link.made.with(|made| made.as_ref().map(|made| code(&made.code)))}
                </div>
                <div class="phone-words">
                    <ol class="phone-steps">
                        <li>"Point your phone’s camera at the code, and open the link that it shows."</li>
                        <li>"On the phone, press “Continue on this phone”."</li>
                        <li>"Take the photos. This page goes on by itself."</li>
                    </ol>
                    <p class="phone-left" data-phone-left>{move || left.get()}</p>
                    <div class="actions">
                        <Show when=move || over.get() || link.submission.notice.with(Option::is_some)>
                            <button type="button" class="button button-primary" on:click=move |_| link.make()>
                                "Make a new code"
                            </button>
                        </Show>
                        <button type="button" class="button" on:click=move |_| close(link)>"Close"</button>
                    </div>
                </div>
            </div>
            {move || link.made.with(|made| made.as_ref().map(|made| view! { <Address url=made.url.clone() /> }))}
        </section>
    }
    .erase()
}

/// Closes the panel, and moves the focus near the button that opened it.
fn close(link: Link) {
    link.close();
    dom::focus("identity-title");
}

fn code(code: &QrCode) -> ErasedView {
    let QrCode { size, path } = code.clone();
    view! {
        <svg
            class="phone-qr"
            viewBox=format!("0 0 {size} {size}")
            role="img"
            aria-label="A QR code of the link for your phone; the link stands below as text"
            shape-rendering="crispEdges"
        >
            <rect width=size height=size fill="#ffffff" />
            <path d=path fill="#000000" />
        </svg>
    }
    .erase()
}

/// The link as text, for a device that cannot scan.
#[component]
fn Address(url: String) -> impl IntoView {
    let copied = RwSignal::new("");
    let text = url.clone();
    let copy = move |_| {
        let text = text.clone();
        spawn_local(async move {
            let done = dom::copy_to_clipboard(&text).await;
            _ = copied.try_set(if done {
                "Copied."
            } else {
                "It could not be copied. Select the text of the link instead."
            });
        });
    };
    view! {
        <details class="more phone-link">
            <summary>"The link as text"</summary>
            <p class="hint">"Open it on your phone only, and give it to nobody: it works once."</p>
            <p><code class="breakable" data-phone-link>{url}</code></p>
            <p class="phone-copy">
                <button type="button" class="link" on:click=copy>"Copy the link"</button>
                <span class="hint" role="status">{move || copied.get()}</span>
            </p>
        </details>
    }
    .erase()
}
