//! How the WebAssembly takes over the page that the server rendered, and what is said if it fails.

use std::sync::Arc;

use hydration_context::{HydrateSharedContext, SharedContext};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Hydrates `app`. Hydration walks through the nodes that the server sent, and panics or binds the wrong ones if an
/// extension or a translator changed them. Then the script of the page has removed them, and `app` is rendered anew
/// from the state in the page.
pub fn take_over<V: IntoView + 'static>(app: fn() -> V) {
    if can_hydrate() {
        leptos::mount::hydrate_body(app);
        return;
    }
    // As for islands: the state in the page is read, and nothing is hydrated.
    let context = Arc::new(HydrateSharedContext::new_islands());
    let owner = Owner::new_root(Some(Arc::clone(&context) as Arc<dyn SharedContext + Send + Sync>));
    owner.with(|| {
        if let Some(body) = document().body() {
            leptos::mount::mount_to_renderer(&body, app).forget();
        }
    });
    context.hydration_complete();
    // The application lives as long as the page.
    std::mem::forget(owner);
}

/// Asks the script of the page. It is missing only in a page of another version, which is hydrated as before.
fn can_hydrate() -> bool {
    let ask = || {
        let ask: js_sys::Function = js_sys::Reflect::get(&window(), &"onboardTakeOver".into()).ok()?.dyn_into().ok()?;
        ask.call0(&window()).ok()?.as_bool()
    };
    ask().unwrap_or(true)
}
