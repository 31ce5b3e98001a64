//! The WebAssembly entry point: hydrates the page that the server rendered.

/// Called by the script that the page loads.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    app::hydrate();
}
