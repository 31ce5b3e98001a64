//! Renders the states of the page to static files, so that they can be compared without a server:
//! `cargo run -p app --features ssr --example preview -- target/preview`, then open the files in a browser. The browser
//! tests hydrate some of them. States that only a live page has (errors on leaving a field, progress) are missing.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a failure ends this developer tool

mod samples;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use app::{Outbox, PageState, PhoneLink, server_error_html, shell};
use domain::api::{OutboxMessage, Snapshot};
use futures::StreamExt;
use futures::executor::block_on;
use hydration_context::{SharedContext, SsrSharedContext};
use leptos::prelude::*;
use leptos_router::location::RequestUrl;
use samples::{journeys, messages};

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder to write to"));
    fs::create_dir_all(folder.join("pkg")).unwrap();
    fs::write(folder.join("pkg/onboard-ai.css"), stylesheet()).unwrap();
    let favicon = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/favicon.svg");
    fs::copy(favicon, folder.join("favicon.svg")).unwrap();
    for (name, snapshot) in journeys() {
        fs::write(folder.join(format!("{name}.html")), page("/", snapshot, None)).unwrap();
    }
    for (name, snapshot) in journeys() {
        let redacted = snapshot.map(Snapshot::redacted);
        fs::write(folder.join(format!("phone-{name}.html")), page("/phone", redacted, None)).unwrap();
    }
    for (name, works) in [("works", true), ("over", false)] {
        fs::write(folder.join(format!("phone-link-{name}.html")), link(works)).unwrap();
    }
    let completed = journeys().pop().and_then(|(_, snapshot)| snapshot);
    fs::write(folder.join("thank-you.html"), page("/thank-you", completed, None)).unwrap();
    fs::write(folder.join("thank-you-early.html"), page("/thank-you", None, None)).unwrap();
    fs::write(folder.join("outbox.html"), page("/outbox", None, Some(messages()))).unwrap();
    fs::write(folder.join("not-found.html"), page("/nowhere", None, None)).unwrap();
    fs::write(folder.join("trouble.html"), relative(&server_error_html(options()))).unwrap();
}

fn options() -> LeptosOptions {
    LeptosOptions::builder().output_name("onboard-ai").build()
}

/// A page with its initial data, so that it hydrates when it is served.
fn page(path: &str, snapshot: Option<Snapshot>, outbox: Option<Vec<OutboxMessage>>) -> String {
    let shared = Arc::new(SsrSharedContext::new());
    let html = Owner::new_root(Some(Arc::clone(&shared) as Arc<dyn SharedContext + Send + Sync>)).with(|| {
        leptos::nonce::provide_nonce();
        provide_context(RequestUrl::new(path));
        provide_context(PageState(snapshot));
        provide_context(Outbox(outbox));
        let html = with_policy(shell(options()).to_html());
        let nonce = leptos::nonce::use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
        let data: String = block_on(shared.pending_data().unwrap().collect::<Vec<_>>()).concat();
        format!("{html}<script nonce=\"{nonce}\">{data}</script>")
    });
    relative(&html)
}

fn link(works: bool) -> String {
    let html = Owner::new().with(|| {
        leptos::nonce::provide_nonce();
        provide_context(RequestUrl::new("/phone/token"));
        provide_context(PhoneLink(works));
        with_policy(shell(options()).to_html())
    });
    relative(&html)
}

/// The HTML with its content security policy, in a form that has no effect: the server sends it as a header, and a page
/// that is opened from a folder may not have it.
fn with_policy(html: String) -> String {
    let policy = app::content_security_policy();
    html.replacen("<head>", &format!("<head><meta http-equiv=\"x\" content=\"{policy}\">"), 1)
}

/// The HTML for opening from a folder: with relative URLs.
fn relative(html: &str) -> String {
    html.replace("=\"/pkg/", "=\"pkg/").replace("=\"/favicon", "=\"favicon")
}

/// The style sheets of `style/`, in the order of `main.css`.
fn stylesheet() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../style");
    let main = fs::read_to_string(folder.join("main.css")).unwrap();
    let rooms = main.lines().filter_map(|line| line.strip_prefix("@import \"")?.strip_suffix("\";"));
    rooms.map(|room| fs::read_to_string(folder.join(room)).unwrap()).collect()
}
