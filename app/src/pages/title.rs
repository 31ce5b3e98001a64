//! The title of a page.

/// Sets it. Each page does so when it is rendered.
#[cfg(feature = "ssr")]
pub(super) fn set_title(title: &str) {
    use leptos_meta::{Title, TitleProps};

    // The component gives the text to the context that writes the head, and renders nothing.
    _ = Title(TitleProps::builder().text(full(title)).build());
}

/// Sets it. Each page does so when it is rendered.
#[cfg(not(feature = "ssr"))]
pub(super) fn set_title(title: &str) {
    leptos::prelude::document().set_title(&full(title));
}

fn full(title: &str) -> String {
    format!("{title} | OnboardAI")
}
