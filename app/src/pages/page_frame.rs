//! The frame of all pages: skip link, header and footer.

use leptos::prelude::*;

use crate::components::Icon;
use crate::erased::{Content, ContentFn, Erase};

/// Header, content and footer.
#[component]
pub fn PageFrame(
    /// Content of the header beside the name.
    #[prop(optional, into)]
    aside: ContentFn,
    /// The link of the name.
    #[prop(default = "/")]
    home: &'static str,
    children: Content,
) -> impl IntoView {
    view! {
        <a class="skip" href="#main" rel="external">"Skip to the content"</a>
        <header class="site-head">
            <div class="site-head-inner">
                <a class="brand" href=home>
                    {Icon::Shield}
                    <span>"OnboardAI"</span>
                </a>
                {aside.render()}
            </div>
        </header>
        <main class="main" id="main" tabindex="-1">{children.render()}</main>
        <footer class="site-foot">
            <div class="site-foot-inner">
                <p>
                    "Your details and documents are used to check your identity and to find cover for you, \
                     and for nothing else."
                </p>
            </div>
        </footer>
    }
    .erase_fixed()
}
