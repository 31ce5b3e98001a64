//! The camera: a dialogue with a frame to aim at, and a look at the photo before it is sent.

use std::time::Duration;

use domain::document::{DocumentKind, Proof};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::{ev, html};
use web_sys::{File, Url};

use super::document_slot::slug;
use crate::browser::camera::{Camera, Small};
use crate::browser::page;
use crate::logic::camera::{Aim, Hint, Trouble, Watch, how, title};
use crate::parts::Icon;

/// How often hints are thought of.
const LOOK: Duration = Duration::from_millis(400);

/// Where the dialogue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Closed,
    Starting,
    Live,
    Taking,
    /// The photo is looked at.
    Taken,
    Trouble(Trouble),
}

/// The dialogue of one form. Copies are handles to the same one.
#[derive(Clone, Copy)]
pub struct CameraControl {
    stage: RwSignal<Stage>,
    camera: StoredValue<Option<Camera>, LocalStorage>,
    photo: StoredValue<Option<File>, LocalStorage>,
    /// The photo's address within this page.
    shown: RwSignal<Option<String>>,
    watch: StoredValue<Watch>,
    hint: RwSignal<Option<Hint>>,
    has_light: RwSignal<bool>,
    light: RwSignal<bool>,
    /// Counts the starts: one that was overtaken must not switch a camera on.
    turn: StoredValue<u32>,
    dialog: NodeRef<html::Dialog>,
    video: NodeRef<html::Video>,
    slug: &'static str,
}

impl CameraControl {
    /// A closed dialogue, for the form of `proof`.
    pub fn new(proof: Proof) -> Self {
        Self {
            stage: RwSignal::new(Stage::Closed),
            camera: StoredValue::new_local(None),
            photo: StoredValue::new_local(None),
            shown: RwSignal::new(None),
            watch: StoredValue::new(Watch::default()),
            hint: RwSignal::new(None),
            has_light: RwSignal::new(false),
            light: RwSignal::new(false),
            turn: StoredValue::new(0),
            dialog: NodeRef::new(),
            video: NodeRef::new(),
            slug: slug(proof),
        }
    }

    /// Opens the dialogue and switches the camera on. The browser keeps the focus within, and gives it back at the end.
    pub fn open(self) {
        if let Some(dialog) = self.dialog.get_untracked()
            && !dialog.open()
            && dialog.show_modal().is_ok()
        {
            self.start();
        }
    }

    fn start(self) {
        self.forget_photo();
        self.switch_off();
        self.stage.set(Stage::Starting);
        let turn = self.turn.try_update_value(|turn| {
            *turn += 1;
            *turn
        });
        spawn_local(async move {
            let opened = Camera::open().await;
            let Some(video) = self.video.try_get_untracked().flatten() else { return };
            // Closed or started anew meanwhile: what was opened is dropped, which switches it off.
            if self.turn.try_get_value() != turn || self.stage.try_get_untracked() != Some(Stage::Starting) {
                return;
            }
            let shown = match opened {
                Ok(camera) => camera.show(&video).await.map(|()| camera),
                Err(trouble) => Err(trouble),
            };
            if self.turn.try_get_value() != turn || self.stage.try_get_untracked() != Some(Stage::Starting) {
                return;
            }
            match shown {
                // Nobody sees it: it is let go, and started anew when somebody does.
                Ok(_) if document().hidden() => {}
                Ok(camera) => {
                    self.has_light.set(camera.has_light());
                    self.light.set(false);
                    self.camera.set_value(Some(camera));
                    self.watch.set_value(Watch::default());
                    self.stage.set(Stage::Live);
                    page::focus(format!("{}-shutter", self.slug));
                }
                Err(trouble) => self.fail(trouble),
            }
        });
    }

    fn fail(self, trouble: Trouble) {
        self.switch_off();
        self.stage.set(Stage::Trouble(trouble));
        page::focus(format!("{}-camera-trouble", self.slug));
    }

    fn take(self) {
        if self.stage.get_untracked() != Stage::Live {
            return;
        }
        let Some(video) = self.video.get_untracked() else { return };
        let Some(camera) = self.camera.try_update_value(Option::take).flatten() else { return };
        self.stage.set(Stage::Taking);
        spawn_local(async move {
            let photo = camera.photo(&video).await;
            drop(camera);
            if self.stage.try_get_untracked() != Some(Stage::Taking) {
                return;
            }
            match photo {
                Ok(photo) => {
                    self.shown.set(Url::create_object_url_with_blob(&photo).ok());
                    self.photo.set_value(Some(photo));
                    self.switch_off();
                    self.stage.set(Stage::Taken);
                    page::focus(format!("{}-use", self.slug));
                }
                Err(trouble) => self.fail(trouble),
            }
        });
    }

    /// Shuts the dialogue; what it held is let go by `closed`.
    fn close(self) {
        if let Some(dialog) = self.dialog.get_untracked() {
            dialog.close();
        }
    }

    fn closed(self) {
        self.stage.set(Stage::Closed);
        self.switch_off();
        self.forget_photo();
    }

    fn switch_off(self) {
        _ = self.camera.try_set_value(None);
        if let Some(video) = self.video.try_get_untracked().flatten() {
            video.set_src_object(None);
        }
        _ = self.hint.try_set(None);
    }

    fn forget_photo(self) {
        _ = self.photo.try_set_value(None);
        if let Some(Some(address)) = self.shown.try_update(Option::take) {
            _ = Url::revoke_object_url(&address);
        }
    }

    /// A page that nobody sees needs no camera.
    fn seen(self, seen: bool) {
        match (self.stage.get_untracked(), seen) {
            (Stage::Live, false) => {
                self.switch_off();
                self.stage.set(Stage::Starting);
            }
            // Off, and not on its way: it was hidden. A question that the browser asks does not hide the page.
            (Stage::Starting, true) => self.start(),
            _ => {}
        }
    }

    fn look(self, small: &Small) {
        if self.stage.get_untracked() != Stage::Live {
            return;
        }
        if !self.camera.with_value(|camera| camera.as_ref().is_some_and(Camera::alive)) {
            return self.fail(Trouble::Lost);
        }
        let Some(rgba) = self.video.get_untracked().and_then(|video| small.of(&video)) else { return };
        let hint = self.watch.try_update_value(|watch| watch.look(&rgba)).flatten();
        if self.hint.get_untracked() != hint {
            self.hint.set(hint);
        }
    }
}

/// The dialogue. It is in the page once the browser has taken over.
#[component]
pub fn CameraDialog(
    /// Its handle.
    control: CameraControl,
    /// What is photographed.
    kind: RwSignal<DocumentKind>,
    /// Takes the photo, or the file that was chosen instead.
    on_photo: impl Fn(File) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let CameraControl { stage, photo, shown, hint, has_light, light, dialog, video, slug, .. } = control;
    let taken = Memo::new(move |_| stage.get() == Stage::Taken);
    let troubled = Memo::new(move |_| matches!(stage.get(), Stage::Trouble(_)));
    Effect::new(move |_| {
        let on_sight = window_event_listener_untyped("visibilitychange", move |_| control.seen(!document().hidden()));
        let on_leaving = window_event_listener(ev::pagehide, move |_| control.seen(false));
        let looking = Small::new().and_then(|small| set_interval_with_handle(move || control.look(&small), LOOK).ok());
        on_cleanup(move || {
            on_sight.remove();
            on_leaving.remove();
            if let Some(looking) = looking {
                looking.clear();
            }
            control.switch_off();
            control.forget_photo();
        });
    });
    let accept = move || {
        let Some(file) = photo.try_update_value(Option::take).flatten() else { return };
        control.close();
        on_photo(file);
    };
    let instead = NodeRef::<html::Input>::new();
    let chosen = move || {
        let file = instead.get_untracked().and_then(|input| input.files()).and_then(|files| files.get(0));
        if let Some(file) = file {
            control.close();
            on_photo(file);
        }
    };
    let words = move || match stage.get() {
        Stage::Starting => "The camera is starting. If your browser asks, allow it.",
        Stage::Taking => "Taking the photo. Hold still.",
        Stage::Taken => "Can you read every line? Is nothing cut off, and no light reflected?",
        Stage::Live => hint.get().map_or("", Hint::words),
        Stage::Closed | Stage::Trouble(_) => "",
    };
    let in_trouble = move || {
        let Stage::Trouble(trouble) = stage.get() else { return None };
        let id = format!("{slug}-instead");
        Some(view! {
            <div class="notice notice-warn" id=format!("{slug}-camera-trouble") tabindex="-1" role="alert" data-camera-trouble>
                <h3 class="notice-title">{Icon::Attention} {trouble.title()}</h3>
                <p>{trouble.advice()}</p>
                <div class="camera-buttons">
                    <span class="file">
                        <input
                            class="file-input"
                            type="file"
                            id=id.clone()
                            accept="image/jpeg,image/png"
                            capture="environment"
                            node_ref=instead
                            on:change=move |_| chosen()
                        />
                        <label class="button" for=id>"Choose a photo"</label>
                    </span>
                    {trouble
                        .may_pass()
                        .then(|| {
                            view! {
                                <button type="button" class="button" on:click=move |_| control.start()>
                                    "Try again"
                                </button>
                            }
                        })}
                </div>
            </div>
        })
    };
    view! {
        <dialog
            class="camera"
            aria-labelledby=format!("{slug}-camera-title")
            aria-describedby=format!("{slug}-camera-how")
            data-camera=move || name(stage.get())
            node_ref=dialog
            on:close=move |_| control.closed()
        >
            <div class="camera-inner">
                <h2 class="camera-title" id=format!("{slug}-camera-title")>{move || title(kind.get())}</h2>
                <p class="hint" id=format!("{slug}-camera-how")>{move || how(kind.get())}</p>
                <div class="camera-stage" hidden=move || troubled.get()>
                    <video
                        class="camera-video"
                        playsinline
                        muted
                        aria-label="What the camera sees"
                        hidden=move || taken.get()
                        node_ref=video
                    ></video>
                    <div class=move || Aim::of(kind.get()).class() aria-hidden="true" hidden=move || taken.get()></div>
                    {move || {
                        shown.get().map(|address| view! { <img class="camera-photo" src=address alt="The photo that you took" /> })
                    }}
                </div>
                {in_trouble}
                <p class="camera-words" aria-live="polite">{words}</p>
                <div class="camera-buttons">
                    // By what changes the buttons only: one that has the focus must not be made anew.
                    {move || match (taken.get(), troubled.get()) {
                        (true, _) => {
                            view! {
                                <button
                                    type="button"
                                    class="button button-primary"
                                    id=format!("{slug}-use")
                                    on:click=move |_| accept()
                                >
                                    "Use this photo"
                                </button>
                                <button type="button" class="button" on:click=move |_| control.start()>
                                    "Take it again"
                                </button>
                            }
                                .into_any()
                        }
                        (false, true) => ().into_any(),
                        (false, false) => {
                            view! {
                                <button
                                    type="button"
                                    class="button button-primary"
                                    id=format!("{slug}-shutter")
                                    aria-disabled=move || (stage.get() != Stage::Live).then_some("true")
                                    on:click=move |_| control.take()
                                >
                                    {Icon::Camera}
                                    "Take the photo"
                                </button>
                                <Show when=move || has_light.get()>
                                    <button
                                        type="button"
                                        class="button"
                                        aria-pressed=move || light.get().to_string()
                                        on:click=move |_| {
                                            light.update(|light| *light = !*light);
                                            control
                                                .camera
                                                .with_value(|camera| {
                                                    camera.iter().for_each(|camera| camera.light(light.get_untracked()));
                                                });
                                        }
                                    >
                                        "Light"
                                    </button>
                                </Show>
                            }
                                .into_any()
                        }
                    }}
                    <button type="button" class="button" on:click=move |_| control.close()>
                        "Cancel"
                    </button>
                </div>
            </div>
        </dialog>
    }
    .into_any()
}

/// The spelling of a stage in `data-camera`.
const fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Closed => "closed",
        Stage::Starting => "starting",
        Stage::Live => "live",
        Stage::Taking => "taking",
        Stage::Taken => "taken",
        Stage::Trouble(_) => "trouble",
    }
}
