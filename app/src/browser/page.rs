//! The document: its clock, its focus, its place.

use std::time::Duration;

use jiff::civil::Date;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::FocusEvent;

/// The applicant's day, by the device's calendar.
pub fn today() -> Date {
    let now = js_sys::Date::new_0();
    let year = i16::try_from(now.get_full_year()).unwrap_or(i16::MAX);
    let (month, day) = (now.get_month() as i8 + 1, now.get_date() as i8);
    Date::new(year, month, day).unwrap_or_default()
}

/// Milliseconds of the device's clock, for measuring silence.
pub fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// Moves the focus to an element once the page has drawn what was just changed.
pub fn focus(id: impl Into<String>) {
    let id = id.into();
    request_animation_frame(move || {
        if let Some(element) = html_element(&id) {
            _ = element.focus();
        }
    });
}

/// Runs `then` after the focus has left a control, unless it went to a button: whatever `then` writes above the button
/// would move it away under the finger, and the press would be lost. (A button judges everything itself.)
///
/// Safari neither focuses a button that is pressed nor tells where the focus went: there `then` waits until the press
/// is over.
pub fn after_leaving(event: &FocusEvent, then: impl FnOnce() + 'static) {
    const PRESS: Duration = Duration::from_millis(300);
    match event.related_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) {
        Some(target) if target.matches("button, a").unwrap_or(false) => {}
        Some(_) => then(),
        None => set_timeout(then, PRESS),
    }
}

/// Moves the focus to an element, once the page is drawn, unless a control has it: a form that is being filled in keeps
/// it; a button that went away with its tile does not, nor does a heading that the focus was moved to before.
pub fn focus_if_free(id: impl Into<String>) {
    let id = id.into();
    request_animation_frame(move || {
        if is_free() {
            focus(id);
        }
    });
}

/// The same, but the page stays where the eye is: for what changed in a tile that one is working on.
pub fn focus_in_place_if_free(id: impl Into<String>) {
    let id = id.into();
    request_animation_frame(move || {
        if is_free()
            && let Some(element) = html_element(&id)
        {
            let in_place = web_sys::FocusOptions::new();
            in_place.set_prevent_scroll(true);
            _ = element.focus_with_options(&in_place);
        }
    });
}

fn is_free() -> bool {
    let idle = ["BODY", "MAIN", "H1", "H2", "H3"];
    document().active_element().is_none_or(|element| idle.contains(&element.tag_name().as_str()))
}

fn html_element(id: &str) -> Option<web_sys::HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Leaves for another page for good; nothing of this one stays in memory.
pub fn replace(path: &str) {
    _ = window().location().replace(path);
}

/// Puts a text on the clipboard; false where the browser does not let pages do that.
pub async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    // Browsers hide it from pages without https.
    let there = js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|clipboard| clipboard.is_object());
    there && wasm_bindgen_futures::JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}
