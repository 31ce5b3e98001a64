//! What all pages have in common: the way to the content, the head and the foot.

use leptos::prelude::*;

use crate::parts::Icon;

/// Head, content and foot.
#[component]
pub fn PageFrame(
    /// What stands in the head beside the name.
    #[prop(optional, into)]
    aside: ViewFn,
    /// Where the name leads.
    #[prop(default = "/")]
    home: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <a class="skip" href="#main" rel="external">"Skip to the content"</a>
        <header class="site-head">
            <div class="site-head-inner">
                <a class="brand" href=home>
                    {Icon::Shield}
                    <span>"OnboardAI"</span>
                </a>
                {aside.run()}
            </div>
        </header>
        <main class="main" id="main" tabindex="-1">{children()}</main>
        <footer class="site-foot">
            <div class="site-foot-inner">
                <p>
                    "Your details and documents are used to check your identity and to find cover for you, \
                     and for nothing else."
                </p>
            </div>
        </footer>
    }
    .into_any()
}
