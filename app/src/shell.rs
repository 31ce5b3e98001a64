//! The HTML document, and its content security policy.

use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags};

use crate::App;
use crate::boot::PhoneLink;
use crate::page_script::PageScript;
use crate::pages::ServerError;
use crate::reload_banner::ReloadBanner;
use crate::start_script::StartScript;

/// The content security policy of the page that is being rendered: it loads from, runs and contacts its own origin only,
/// and no page may embed it. The nonce allows the inline scripts of this response; WebAssembly needs `wasm-unsafe-eval`.
pub fn content_security_policy() -> String {
    let nonce = use_nonce().map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default();
    // `cargo leptos watch` reloads over a socket on another port.
    let reload = if std::env::var_os("LEPTOS_WATCH").is_some() { " ws: wss:" } else { "" };
    // Scripts send the forms, except that of a phone link, which works without a script.
    let form = if use_context::<PhoneLink>().is_some() { "'self'" } else { "'none'" };
    // `blob:` URLs are images that the page fetched or captured.
    format!(
        "default-src 'none'; script-src 'self'{nonce} 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; \
         connect-src 'self'{reload}; manifest-src 'self'; base-uri 'none'; form-action {form}; \
         frame-ancestors 'none'"
    )
}

#[component]
fn Head(options: LeptosOptions) -> impl IntoView {
    view! {
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta
            name="description"
            content="Apply for insurance in five steps, with your identity checked while you go."
        />
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <HashedStylesheet options id="leptos" />
    }
}

/// The whole document, rendered by the server. Contexts: [`crate::PageState`] and [`crate::Outbox`].
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en-GB">
            <head>
                <meta charset="utf-8" />
                <StartScript options=options.clone() />
                <Head options=options.clone() />
                <AutoReload options />
                <MetaTags />
            </head>
            <body>
                <App />
                <ReloadBanner />
                <PageScript />
            </body>
        </html>
    }
}

/// The document for a page that cannot be rendered. It has no state and no script. The server sets its status.
pub fn server_error_html(options: LeptosOptions) -> String {
    let owner = Owner::new();
    owner.with(|| {
        view! {
            <!DOCTYPE html>
            <html lang="en-GB">
                <head>
                    <meta charset="utf-8" />
                    <Head options />
                    <title>"Something went wrong | OnboardAI"</title>
                </head>
                <body>
                    <ServerError />
                </body>
            </html>
        }
        .to_html()
    })
}
