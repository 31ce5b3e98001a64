//! The phone's pages: the one that a link opens, and the one of the phone's own session.

use leptos::prelude::*;

use super::page_frame::PageFrame;
use super::title::set_title;
use crate::boot::OtherPages;
use crate::browser::submission::Submission;
use crate::browser::{commands, dom};
use crate::components::{ConnectionLine, Icon};
use crate::erased::Erase;
use crate::state::use_store;
use crate::tiles::PhoneDocuments;

/// `/phone/{token}`. It needs a click, so that programs that preview links do not use up the link.
#[component]
pub fn PhoneLinkPage() -> impl IntoView {
    set_title("Use this phone");
    let works = expect_context::<OtherPages>().phone_link;
    let words = if works {
        view! {
            <h1 class="page-title">"Take photos of your documents with this phone"</h1>
            <p class="lead">
                "Your application stays open on your computer. From this phone you can hand in documents for it, for \
                 one hour, and nothing else."
            </p>
            // A plain form works before hydration and without a script.
            <form method="post">
                <p class="actions">
                    <button type="submit" class="button button-primary">"Continue on this phone"</button>
                </p>
            </form>
            <p class="hint">"Only continue if you made this link yourself, just now. It works once."</p>
        }
        .erase()
    } else {
        view! {
            <h1 class="page-title">"This link does not work any more"</h1>
            <p class="lead">
                "A link for a phone works once, for ten minutes, and only until a newer one is made. Nothing you \
                 handed in is lost."
            </p>
            <p>
                "On your computer, in your application, press “Use your phone’s camera” again, and scan the new code \
                 with this phone."
            </p>
        }
        .erase()
    };
    view! {
        <PageFrame home="/phone">
            <div class="page-narrow" data-page="phone-link" data-works=works.to_string()>{words}</div>
        </PageFrame>
    }
    .erase()
}

/// `/phone`: the documents only.
#[component]
pub fn PhonePage() -> impl IntoView {
    set_title("Your documents");
    let store = use_store();
    let on = Memo::new(move |_| store.session.with(Option::is_some) && store.session_end.get().is_none());
    view! {
        <PageFrame aside=|| view! { <ConnectionLine /> } home="/phone">
            <div class="page-narrow" data-page="phone">
                {move || {
                    if on.get() { view! { <Connected /> }.erase() } else { view! { <NotConnected /> }.erase() }
                }}
            </div>
        </PageFrame>
    }
    .erase()
}

#[component]
fn Connected() -> impl IntoView {
    view! {
        <h1 class="page-title">"Your documents"</h1>
        <p class="lead">"Your computer shows what you do here."</p>
        <noscript>
            <div class="notice notice-warn">
                <p>
                    <strong>"This page needs JavaScript."</strong>
                    " Switch it on in your browser, then load this page again."
                </p>
            </div>
        </noscript>
        <PhoneDocuments />
        <Done />
    }
    .erase()
}

/// Ends the phone's session.
#[component]
fn Done() -> impl IntoView {
    let store = use_store();
    let submission = Submission::new(store);
    let done = move |_| submission.run("done", |_| commands::leave(), |()| dom::replace_location("/phone"));
    view! {
        {move || submission.notice.get().map(|notice| view! { <p class="error-text" role="alert">{notice.title}</p> })}
        <p class="actions">
            <button
                type="button"
                class="button"
                disabled=move || !store.hydrated.get()
                aria-disabled=move || submission.busy.get().then_some("true")
                on:click=done
            >
                "Done on this phone"
            </button>
        </p>
        <p class="hint">
            "Go on with your application on your computer. This phone forgets it, at the latest after one hour."
        </p>
    }
    .erase()
}

#[component]
fn NotConnected() -> impl IntoView {
    view! {
        <h1 class="page-title">"This phone is not connected"</h1>
        <p class="lead">
            "Either you are done here, or the hour is over for which it was connected. What you handed in is kept."
        </p>
        <div class="notice notice-warn">
            <h2 class="notice-title">{Icon::Camera} "To take more photos"</h2>
            <p>
                "On your computer, in your application, press “Use your phone’s camera”, and scan the code with this \
                 phone."
            </p>
        </div>
    }
    .erase()
}
