//! Which page an address shows.
//!
//! A link loads its page from the server. Only the step to the thank-you page changes the page without loading it, so
//! that the end of the journey needs no connection. The first download has no router
//! ([decision 0037](../../../docs/decisions/0037-no-router-in-the-browser.md)).

use leptos::prelude::*;

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// The five tiles.
    Journey,
    /// The end of the journey.
    ThankYou,
    /// The phone's own page.
    Phone,
    /// The page of a link for a phone.
    PhoneLink,
    /// Messages of the local notifier.
    Outbox,
    /// There is none.
    NotFound,
}

impl Page {
    /// The page at a path. One slash at the end is ignored.
    pub(crate) fn at(path: &str) -> Self {
        match path.strip_suffix('/').unwrap_or(path) {
            "" => Self::Journey,
            "/thank-you" => Self::ThankYou,
            "/phone" => Self::Phone,
            "/outbox" => Self::Outbox,
            path => match path.strip_prefix("/phone/") {
                Some(token) if !token.is_empty() && !token.contains('/') => Self::PhoneLink,
                _ => Self::NotFound,
            },
        }
    }

    /// The page of the request that is being answered.
    #[cfg(feature = "ssr")]
    pub(crate) fn current() -> Self {
        // Parsed, because the server's integration provides a whole URL, not a path.
        let url = use_context::<leptos_router::location::RequestUrl>().and_then(|url| url.parse().ok());
        url.map_or(Self::NotFound, |url| Self::at(url.path()))
    }

    /// The page in the address bar.
    #[cfg(not(feature = "ssr"))]
    pub(crate) fn current() -> Self {
        window().location().pathname().map_or(Self::NotFound, |path| Self::at(&path))
    }
}

/// The page that is shown. Copies are handles to the same state.
#[derive(Clone, Copy)]
pub(crate) struct ShownPage(RwSignal<Page>);

impl ShownPage {
    /// The page of the address.
    pub(crate) fn new() -> Self {
        Self(RwSignal::new(Page::current()))
    }

    /// The page.
    pub(crate) fn get(self) -> Page {
        self.0.get()
    }

    /// Follows the browser's buttons for back and forward. To be called in the browser.
    pub(crate) fn follow_history(self) {
        let moved = window_event_listener(leptos::ev::popstate, move |_| {
            let page = Page::current();
            // Also links within a page are steps of the history.
            if self.0.get_untracked() != page {
                self.0.set(page);
            }
        });
        on_cleanup(move || moved.remove());
    }

    /// Shows the thank-you page, as a new step of the browser's history.
    pub(crate) fn show_thank_you(self) {
        let window = window();
        if let Ok(history) = window.history() {
            _ = history.push_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some("/thank-you"));
        }
        window.scroll_to_with_x_and_y(0.0, 0.0);
        self.0.set(Page::ThankYou);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_names_a_page_with_and_without_a_slash_at_its_end() {
        for (path, page) in [
            ("/", Page::Journey),
            ("/thank-you", Page::ThankYou),
            ("/phone", Page::Phone),
            ("/phone/token", Page::PhoneLink),
            ("/outbox", Page::Outbox),
        ] {
            assert_eq!(Page::at(path), page, "{path}");
            assert_eq!(Page::at(&format!("{}/", path.trim_end_matches('/'))), page, "{path}/");
        }
    }

    #[test]
    fn any_other_path_is_no_page() {
        for path in ["//", "/thank-you/now", "/Thank-you", "/phone/a/b", "/phones", "/outbox//", "/nothing"] {
            assert_eq!(Page::at(path), Page::NotFound, "{path}");
        }
    }
}
