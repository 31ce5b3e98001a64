//! Drafts of forms in the session storage of this tab, so that a reload before sending loses nothing.

use leptos::prelude::window;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The first form.
pub const ABOUT: &str = "onboard-ai.about";
/// The needs questionnaire.
pub const NEEDS: &str = "onboard-ai.needs";

fn storage() -> Option<web_sys::Storage> {
    // A browser may refuse storage. The form then works without a draft.
    window().session_storage().ok().flatten()
}

/// The draft. `None` if there is no draft or this build cannot read it.
pub fn load<T: DeserializeOwned>(name: &str) -> Option<T> {
    let text = storage()?.get_item(name).ok().flatten()?;
    serde_json::from_str(&text).ok()
}

/// Stores a draft.
pub fn save<T: Serialize>(name: &str, draft: &T) {
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(draft)) {
        _ = storage.set_item(name, &text);
    }
}

/// Deletes a draft.
pub fn forget(name: &str) {
    if let Some(storage) = storage() {
        _ = storage.remove_item(name);
    }
}
