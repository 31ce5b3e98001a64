//! The inline script that loads the WebAssembly and hydrates the page.

use std::sync::LazyLock;

use leptos::nonce::use_nonce;
use leptos::prelude::*;

use crate::boot;
use crate::page_script::without_comments;

static SCRIPT: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("start_script/start.js")));

/// The script that `cargo leptos build --split` writes beside the WebAssembly, which loads the parts of the page.
const SPLITTER: &str = "__wasm_split.______________________.js";

/// Starts the page, and preloads the parts that it shows at once.
#[component]
pub(crate) fn StartScript(options: LeptosOptions) -> impl IntoView {
    let folder = format!("/{}", options.site_pkg_dir);
    let name = options.output_name;
    let script = format!("{}({folder:?}, {:?}, {SPLITTER:?});", SCRIPT.trim_end(), &*name);
    let parts = boot::files_at_once()
        .into_iter()
        .map(|file| {
            let href = format!("{folder}/{file}.wasm");
            view! {
                <link rel="preload" href=href r#as="fetch" r#type="application/wasm" crossorigin fetchpriority="low" />
            }
        })
        .collect_view();
    view! {
        <script nonce=use_nonce().map(|nonce| nonce.to_string())>{script}</script>
        {parts}
    }
}
