//! The state of the camera dialogue: switches the camera on and off, and keeps the photo until it is used.

use std::time::Duration;

use domain::document::Proof;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{File, Url};

use crate::browser::camera::{Camera, Thumbnailer};
use crate::browser::dom;
use crate::logic::camera::{CameraError, Hint, HintTracker};
use crate::logic::proof::slug;

/// How often the picture is examined for a hint.
pub(super) const HINT_INTERVAL: Duration = Duration::from_millis(400);

/// The stage of the dialogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CameraStage {
    Closed,
    Starting,
    Live,
    /// The photo is being taken.
    Capturing,
    /// The photo is shown for approval.
    Captured,
    Failed(CameraError),
}

impl CameraStage {
    /// The spelling in `data-camera`.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Starting => "starting",
            Self::Live => "live",
            Self::Capturing => "taking",
            Self::Captured => "taken",
            Self::Failed(_) => "failed",
        }
    }
}

/// The dialogue of one form. Copies are handles to the same dialogue.
#[derive(Clone, Copy)]
pub(super) struct CameraControl {
    pub(super) stage: RwSignal<CameraStage>,
    camera: StoredValue<Option<Camera>, LocalStorage>,
    photo: StoredValue<Option<File>, LocalStorage>,
    /// The address of the photo within this page.
    pub(super) photo_url: RwSignal<Option<String>>,
    hints: StoredValue<HintTracker>,
    pub(super) hint: RwSignal<Option<Hint>>,
    pub(super) has_light: RwSignal<bool>,
    pub(super) light: RwSignal<bool>,
    /// The number of starts. A start must not switch a camera on after a later one has begun.
    start_count: StoredValue<u32>,
    pub(super) dialog: NodeRef<html::Dialog>,
    pub(super) video: NodeRef<html::Video>,
    pub(super) slug: &'static str,
}

impl CameraControl {
    /// A closed dialogue, for the form of `proof`.
    pub(super) fn new(proof: Proof) -> Self {
        Self {
            stage: RwSignal::new(CameraStage::Closed),
            camera: StoredValue::new_local(None),
            photo: StoredValue::new_local(None),
            photo_url: RwSignal::new(None),
            hints: StoredValue::new(HintTracker::default()),
            hint: RwSignal::new(None),
            has_light: RwSignal::new(false),
            light: RwSignal::new(false),
            start_count: StoredValue::new(0),
            dialog: NodeRef::new(),
            video: NodeRef::new(),
            slug: slug(proof),
        }
    }

    /// Opens the dialogue and switches the camera on. The browser keeps the focus within the dialogue and restores it
    /// when the dialogue closes.
    pub(super) fn open(self) {
        if let Some(dialog) = self.dialog.get_untracked()
            && !dialog.open()
            && dialog.show_modal().is_ok()
        {
            self.start();
        }
    }

    /// Switches the camera on, after discarding the photo that was taken before.
    pub(super) fn start(self) {
        self.discard_photo();
        self.switch_off();
        self.stage.set(CameraStage::Starting);
        let start = self.start_count.try_update_value(|count| {
            *count += 1;
            *count
        });
        // False once the dialogue was closed or started again. The opened camera is then dropped, which switches it
        // off.
        let still_wanted = move || {
            self.start_count.try_get_value() == start && self.stage.try_get_untracked() == Some(CameraStage::Starting)
        };
        spawn_local(async move {
            let opened = Camera::open().await;
            let Some(video) = self.video.try_get_untracked().flatten() else { return };
            if !still_wanted() {
                return;
            }
            let playing = match opened {
                Ok(camera) => camera.show(&video).await.map(|()| camera),
                Err(error) => Err(error),
            };
            if !still_wanted() {
                return;
            }
            match playing {
                // A hidden page needs no camera: `visibility_changed` starts it again.
                Ok(_) if document().hidden() => {}
                Ok(camera) => {
                    self.has_light.set(camera.has_light());
                    self.light.set(false);
                    self.camera.set_value(Some(camera));
                    self.hints.set_value(HintTracker::default());
                    self.stage.set(CameraStage::Live);
                    dom::focus(format!("{}-shutter", self.slug));
                }
                Err(error) => self.fail(error),
            }
        });
    }

    fn fail(self, error: CameraError) {
        self.switch_off();
        self.stage.set(CameraStage::Failed(error));
        dom::focus(format!("{}-camera-error", self.slug));
    }

    /// Takes the photo, and switches the camera off.
    pub(super) fn take_photo(self) {
        if self.stage.get_untracked() != CameraStage::Live {
            return;
        }
        let Some(video) = self.video.get_untracked() else { return };
        let Some(camera) = self.camera.try_update_value(Option::take).flatten() else { return };
        self.stage.set(CameraStage::Capturing);
        spawn_local(async move {
            let photo = camera.photo(&video).await;
            drop(camera);
            if self.stage.try_get_untracked() != Some(CameraStage::Capturing) {
                return;
            }
            match photo {
                Ok(photo) => {
                    self.photo_url.set(Url::create_object_url_with_blob(&photo).ok());
                    self.photo.set_value(Some(photo));
                    self.switch_off();
                    self.stage.set(CameraStage::Captured);
                    dom::focus(format!("{}-use", self.slug));
                }
                Err(error) => self.fail(error),
            }
        });
    }

    /// Takes the photo out of the dialogue. The next call returns `None`.
    pub(super) fn take_file(self) -> Option<File> {
        self.photo.try_update_value(Option::take).flatten()
    }

    /// Closes the dialogue. `closed` then releases camera and photo.
    pub(super) fn close(self) {
        if let Some(dialog) = self.dialog.get_untracked() {
            dialog.close();
        }
    }

    /// Releases camera and photo after the dialogue was closed by a button or by Escape.
    pub(super) fn closed(self) {
        self.stage.set(CameraStage::Closed);
        self.release();
    }

    /// Switches the camera off and discards the photo.
    pub(super) fn release(self) {
        self.switch_off();
        self.discard_photo();
    }

    fn switch_off(self) {
        _ = self.camera.try_set_value(None);
        if let Some(video) = self.video.try_get_untracked().flatten() {
            video.set_src_object(None);
        }
        _ = self.hint.try_set(None);
    }

    fn discard_photo(self) {
        _ = self.photo.try_set_value(None);
        if let Some(Some(url)) = self.photo_url.try_update(Option::take) {
            _ = Url::revoke_object_url(&url);
        }
    }

    /// Switches the camera off while the page is hidden, and on again when it is visible.
    pub(super) fn visibility_changed(self, visible: bool) {
        match (self.stage.get_untracked(), visible) {
            (CameraStage::Live, false) => {
                self.switch_off();
                self.stage.set(CameraStage::Starting);
            }
            // A visible page in `Starting` was hidden before. A permission prompt does not hide the page.
            (CameraStage::Starting, true) => self.start(),
            _ => {}
        }
    }

    /// Switches the lamp beside the camera on or off.
    pub(super) fn toggle_light(self) {
        self.light.update(|light| *light = !*light);
        self.camera.with_value(|camera| {
            if let Some(camera) = camera {
                camera.light(self.light.get_untracked());
            }
        });
    }

    /// Examines the picture, and shows a hint that would improve it.
    pub(super) fn update_hint(self, thumbnailer: &Thumbnailer) {
        if self.stage.get_untracked() != CameraStage::Live {
            return;
        }
        if !self.camera.with_value(|camera| camera.as_ref().is_some_and(Camera::alive)) {
            return self.fail(CameraError::Lost);
        }
        let Some(rgba) = self.video.get_untracked().and_then(|video| thumbnailer.capture(&video)) else { return };
        let hint = self.hints.try_update_value(|hints| hints.observe(&rgba)).flatten();
        if self.hint.get_untracked() != hint {
            self.hint.set(hint);
        }
    }
}
