//! The camera dialogue: a guide frame, the picture, and the photo for approval before it is sent.

use domain::document::DocumentKind;
use leptos::prelude::*;
use leptos::{ev, html};
use web_sys::File;

use super::camera_control::{CameraControl, CameraStage, HINT_INTERVAL};
use crate::browser::camera::Thumbnailer;
use crate::components::Icon;
use crate::effect::effect;
use crate::erased::Erase;
use crate::logic::camera::{CameraError, GuideFrame, Hint, instructions, title};

/// The dialogue. It is rendered in the browser only, after hydration.
#[component]
pub(super) fn CameraDialog(
    /// Its state.
    control: CameraControl,
    /// The kind of document in the photo.
    kind: RwSignal<DocumentKind>,
    /// Receives the photo, or a file that was chosen instead.
    on_photo: Callback<File>,
) -> impl IntoView {
    let CameraControl { stage, dialog, slug, .. } = control;
    follow_page(control);
    let failed = Memo::new(move |_| match stage.get() {
        CameraStage::Failed(error) => Some(error),
        _ => None,
    });
    view! {
        <dialog
            class="camera"
            aria-labelledby=format!("{slug}-camera-title")
            aria-describedby=format!("{slug}-camera-how")
            data-camera=move || stage.get().as_str()
            node_ref=dialog
            on:close=move |_| control.closed()
        >
            <div class="camera-inner">
                <h2 class="camera-title" id=format!("{slug}-camera-title")>{move || title(kind.get())}</h2>
                <p class="hint" id=format!("{slug}-camera-how")>{move || instructions(kind.get())}</p>
                <Viewfinder control kind />
                {move || failed.get().map(|error| view! { <CameraFailure control error on_photo /> })}
                <p class="camera-words" aria-live="polite">{move || status(control)}</p>
                <div class="camera-buttons">
                    <CameraButtons control on_photo />
                    <button type="button" class="button" on:click=move |_| control.close()>
                        "Cancel"
                    </button>
                </div>
            </div>
        </dialog>
    }
    .erase()
}

/// Keeps the camera off while the page is hidden, and releases it with the dialogue.
fn follow_page(control: CameraControl) {
    effect(move |_| {
        let visibility = window_event_listener_untyped("visibilitychange", move |_| {
            control.visibility_changed(!document().hidden())
        });
        let page_hide = window_event_listener(ev::pagehide, move |_| control.visibility_changed(false));
        let hints = Thumbnailer::new().and_then(|thumbnailer| {
            set_interval_with_handle(move || control.update_hint(&thumbnailer), HINT_INTERVAL).ok()
        });
        on_cleanup(move || {
            visibility.remove();
            page_hide.remove();
            if let Some(hints) = hints {
                hints.clear();
            }
            control.release();
        });
    });
}

/// The line below the picture.
fn status(control: CameraControl) -> &'static str {
    match control.stage.get() {
        CameraStage::Starting => "The camera is starting. If your browser asks, allow it.",
        CameraStage::Capturing => "Taking the photo. Hold still.",
        CameraStage::Captured => "Can you read every line? Is nothing cut off, and no light reflected?",
        CameraStage::Live => control.hint.get().map_or("", Hint::text),
        CameraStage::Closed | CameraStage::Failed(_) => "",
    }
}

/// The picture with its guide frame, or the photo.
#[component]
fn Viewfinder(control: CameraControl, kind: RwSignal<DocumentKind>) -> impl IntoView {
    let CameraControl { stage, photo_url, video, .. } = control;
    let captured = Memo::new(move |_| stage.get() == CameraStage::Captured);
    view! {
        <div class="camera-stage" hidden=move || matches!(stage.get(), CameraStage::Failed(_))>
            <video
                class="camera-video"
                playsinline
                muted
                aria-label="What the camera sees"
                hidden=move || captured.get()
                node_ref=video
            ></video>
            <div
                class=move || GuideFrame::of(kind.get()).class()
                aria-hidden="true"
                hidden=move || captured.get()
            ></div>
            {move || {
                photo_url.get().map(|url| view! { <img class="camera-photo" src=url alt="The photo that you took" /> })
            }}
        </div>
    }
    .erase()
}

/// The reason why there is no picture, and two alternatives: a file, or a retry.
#[component]
fn CameraFailure(control: CameraControl, error: CameraError, on_photo: Callback<File>) -> impl IntoView {
    let slug = control.slug;
    let id = format!("{slug}-instead");
    let input = NodeRef::<html::Input>::new();
    let file_chosen = move || {
        let file = input.get_untracked().and_then(|input| input.files()).and_then(|files| files.get(0));
        if let Some(file) = file {
            control.close();
            on_photo.run(file);
        }
    };
    view! {
        <div class="notice notice-warn" id=format!("{slug}-camera-error") tabindex="-1" role="alert" data-camera-error>
            <h3 class="notice-title">{Icon::Attention} {error.title()}</h3>
            <p>{error.advice()}</p>
            <div class="camera-buttons">
                <span class="file">
                    <input
                        class="file-input"
                        type="file"
                        id=id.clone()
                        accept="image/jpeg,image/png"
                        capture="environment"
                        node_ref=input
                        on:change=move |_| file_chosen()
                    />
                    <label class="button" for=id>"Choose a photo"</label>
                </span>
                {error
                    .retryable()
                    .then(|| {
                        view! {
                            <button type="button" class="button" on:click=move |_| control.start()>
                                "Try again"
                            </button>
                        }
                    })}
            </div>
        </div>
    }
    .erase()
}

/// The buttons of the current stage.
#[component]
fn CameraButtons(control: CameraControl, on_photo: Callback<File>) -> impl IntoView {
    let stage = control.stage;
    // Memos keep the elements of unchanged buttons when the stage changes, because the focused one must survive.
    let captured = Memo::new(move |_| stage.get() == CameraStage::Captured);
    let failed = Memo::new(move |_| matches!(stage.get(), CameraStage::Failed(_)));
    move || match (captured.get(), failed.get()) {
        (true, _) => view! { <PhotoButtons control on_photo /> }.erase(),
        (false, true) => ().erase(),
        (false, false) => view! { <ShutterButtons control /> }.erase(),
    }
}

#[component]
fn PhotoButtons(control: CameraControl, on_photo: Callback<File>) -> impl IntoView {
    let accept = move || {
        let Some(file) = control.take_file() else { return };
        control.close();
        on_photo.run(file);
    };
    view! {
        <button
            type="button"
            class="button button-primary"
            id=format!("{}-use", control.slug)
            on:click=move |_| accept()
        >
            "Use this photo"
        </button>
        <button type="button" class="button" on:click=move |_| control.start()>
            "Take it again"
        </button>
    }
}

#[component]
fn ShutterButtons(control: CameraControl) -> impl IntoView {
    let CameraControl { stage, has_light, light, .. } = control;
    view! {
        <button
            type="button"
            class="button button-primary"
            id=format!("{}-shutter", control.slug)
            aria-disabled=move || (stage.get() != CameraStage::Live).then_some("true")
            on:click=move |_| control.take_photo()
        >
            {Icon::Camera}
            "Take the photo"
        </button>
        <Show when=move || has_light.get()>
            <button
                type="button"
                class="button"
                aria-pressed=move || light.get().to_string()
                on:click=move |_| control.toggle_light()
            >
                "Light"
            </button>
        </Show>
    }
}
