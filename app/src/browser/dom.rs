//! The document: clocks, focus, location and clipboard.

use std::time::Duration;

use domain::date::civil;
use jiff::civil::Date;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::FocusEvent;

/// The attribute of `<html>` of a page that works.
const HYDRATED: &str = "data-hydrated";
/// The attribute of `<html>` of a page that has stopped.
const FAILED: &str = "data-failed";

/// Today by the device's calendar.
pub fn today() -> Date {
    let now = js_sys::Date::new_0();
    let year = i16::try_from(now.get_full_year()).unwrap_or(i16::MAX);
    let (month, day) = (now.get_month() as i8 + 1, now.get_date() as i8);
    civil(year, month, day).unwrap_or_default()
}

/// Milliseconds since 1970 by the device's clock, which may jump. It includes the time that the device sleeps.
pub fn wall_clock_ms() -> f64 {
    js_sys::Date::now()
}

/// Milliseconds since the page was opened by a monotonic clock, for measuring how long something takes.
pub fn monotonic_ms() -> f64 {
    let now = || {
        let performance = js_sys::Reflect::get(&window(), &"performance".into()).ok()?;
        let now: js_sys::Function = js_sys::Reflect::get(&performance, &"now".into()).ok()?.dyn_into().ok()?;
        now.call0(&performance).ok()?.as_f64()
    };
    // Every browser that runs WebAssembly has this clock.
    now().unwrap_or_default()
}

/// Shows the banner that offers a reload, because the server is newer than this build.
pub fn announce_newer_version() {
    if let Some(root) = document().document_element() {
        _ = root.set_attribute("data-newer-version", "true");
    }
}

/// Reports that the page is hydrated, unless it failed: effects run also after a panic.
///
/// Returns whether it works.
pub fn announce_hydrated() -> bool {
    let Some(root) = document().document_element() else { return false };
    !root.has_attribute(FAILED) && root.set_attribute(HYDRATED, "true").is_ok()
}

/// Shows the banner that offers a reload, because the page has stopped after a panic.
#[cfg(feature = "hydrate")]
pub fn announce_failure() {
    if let Some(root) = document().document_element() {
        _ = root.remove_attribute(HYDRATED);
        _ = root.set_attribute(FAILED, "true");
    }
}

/// Moves the focus to an element after the next rendering.
pub fn focus(id: impl Into<String>) {
    let id = id.into();
    request_animation_frame(move || {
        if let Some(element) = html_element(&id) {
            _ = element.focus();
        }
    });
}

/// Runs `then` after the focus has left a control, unless it went to a button or link. An error that `then` renders
/// would move the button away from the pointer, and the click would be lost. Buttons validate all fields themselves.
///
/// Safari does not focus a clicked button and reports no new focus, so `then` waits until the click is over.
pub fn after_blur(event: &FocusEvent, then: impl FnOnce() + 'static) {
    const PRESS: Duration = Duration::from_millis(300);
    match event.related_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) {
        Some(target) if target.matches("button, a").unwrap_or(false) => {}
        Some(_) => then(),
        None => set_timeout(then, PRESS),
    }
}

/// Moves the focus to an element after the next rendering, unless a control has it. A form that is being filled in
/// keeps the focus; a removed button and a heading lose it.
pub fn focus_if_free(id: impl Into<String>) {
    let id = id.into();
    request_animation_frame(move || {
        if no_control_has_focus() {
            focus(id);
        }
    });
}

/// The same without scrolling, for a change in the tile that the applicant is working on.
pub fn focus_without_scroll_if_free(id: impl Into<String>) {
    let id = id.into();
    request_animation_frame(move || {
        if no_control_has_focus()
            && let Some(element) = html_element(&id)
        {
            let in_place = web_sys::FocusOptions::new();
            in_place.set_prevent_scroll(true);
            _ = element.focus_with_options(&in_place);
        }
    });
}

fn no_control_has_focus() -> bool {
    let idle = ["BODY", "MAIN", "H1", "H2", "H3"];
    document().active_element().is_none_or(|element| idle.contains(&element.tag_name().as_str()))
}

fn html_element(id: &str) -> Option<web_sys::HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Replaces this page by another one. It leaves memory and history.
pub fn replace_location(path: &str) {
    _ = window().location().replace(path);
}

/// Copies a text to the clipboard. False if the browser refuses.
pub async fn copy_to_clipboard(text: &str) -> bool {
    let navigator = window().navigator();
    // Browsers do not offer the clipboard to pages without https.
    let there = js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|clipboard| clipboard.is_object());
    there && wasm_bindgen_futures::JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}
