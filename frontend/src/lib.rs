//! The WebAssembly entry point: hydrates the page that the server rendered.

/// Called by the script that the page loads.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    std::panic::set_hook(Box::new(|panic| {
        app::announce_failure();
        console_error_panic_hook::hook(panic);
    }));
    app::hydrate();
}
