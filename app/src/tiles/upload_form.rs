//! The form that hands in a document: drop it, choose a file, or take a photo.

use domain::document::{DocumentKind, Proof};
use leptos::html;
use leptos::prelude::*;

use super::camera_control::CameraControl;
use super::camera_dialog::CameraDialog;
use super::upload::Upload;
use crate::browser::camera;
use crate::components::{Choice, Icon, NoticeBox};
use crate::effect::effect;
use crate::erased::{Content, Erase};
use crate::logic::files::ACCEPT;
use crate::logic::proof::slug;
use crate::state::use_store;

/// The form of one proof.
#[component]
pub fn UploadForm(
    /// The proof.
    proof: Proof,
    /// The kind of document. It outlives the form, which is replaced while a document is being read.
    kind: RwSignal<DocumentKind>,
    /// Whether this is the phone's page, which needs no offer of a phone.
    #[prop(optional)]
    on_phone: bool,
) -> impl IntoView {
    let upload = Upload::new(use_store(), kind);
    let control = CameraControl::new(proof);
    // Whether the page may use a camera, and whether missing https forbids it. Only the browser knows.
    let (has_camera, insecure) = (RwSignal::new(false), RwSignal::new(false));
    effect(move |_| {
        has_camera.set(camera::available());
        insecure.set(!camera::secure());
    });
    let slug = slug(proof);
    let notice_id = if proof == Proof::Identity { "identity-problem" } else { "address-problem" };
    view! {
        <NoticeBox id=notice_id notice=upload.submission.notice input_of=|_| None />
        <Show when=move || upload.can_retry()>
            <p class="actions">
                <button type="button" class="button button-primary" on:click=move |_| upload.send()>
                    "Try again"
                </button>
            </p>
        </Show>
        {(proof == Proof::Identity).then(|| view! { <KindChoice kind /> })}
        <DropZone upload>
            <div class="drop-ask">
                <p class="drop-text">{Icon::Upload} <span>"Drop the file here, or"</span></p>
                <div class="drop-buttons">
                    <FileButton id=format!("{slug}-file") accept=ACCEPT upload>
                        "Choose a file"
                        <span class="visually-hidden">{format!(" as proof of {slug}")}</span>
                    </FileButton>
                    <PhotoButton proof upload control has_camera />
                    {(!on_phone).then(|| view! { <PhoneButton proof upload /> })}
                </div>
                <p class="hint">
                    "JPEG, PNG, HEIC, WebP, TIFF or PDF, up to 10 MB. Of a file with several pages we read the first \
                     two."
                </p>
                <Show when=move || insecure.get()>
                    <p class="hint">
                        "“Take a photo” opens your device’s own camera: this page came without encryption (https), so \
                         it may not use the camera itself."
                    </p>
                </Show>
            </div>
            <UploadProgress proof upload />
        </DropZone>
        <Show when=move || has_camera.get()>
            <CameraDialog control kind on_photo=Callback::new(move |file| upload.choose(file)) />
        </Show>
    }
    .erase()
}

/// The choice of the kind of proof of identity.
#[component]
fn KindChoice(kind: RwSignal<DocumentKind>) -> impl IntoView {
    let choices = DocumentKind::ALL
        .into_iter()
        .filter(|choice| choice.proves() == Proof::Identity)
        .map(|choice| {
            view! {
                <Choice
                    id=format!("kind-{}", choice.as_str())
                    name="kind"
                    label=choice.label()
                    chosen=Signal::derive(move || kind.get() == choice)
                    on_choose=Callback::new(move |_| kind.set(choice))
                />
            }
        })
        .collect_view();
    view! {
        <fieldset class="field">
            <legend class="label">"Which document do you have at hand?"</legend>
            <div class="choices choices-inline">{choices}</div>
        </fieldset>
    }
    .erase()
}

/// The area that files can be dropped on.
#[component]
fn DropZone(upload: Upload, children: Content) -> impl IntoView {
    let dragged_over = RwSignal::new(false);
    view! {
        <div
            class="drop"
            class:drop-over=move || dragged_over.get()
            class:drop-busy=move || upload.submission.busy.get()
            on:dragover=move |event| {
                event.prevent_default();
                dragged_over.set(true);
            }
            on:dragleave=move |_| dragged_over.set(false)
            on:drop=move |event| {
                event.prevent_default();
                dragged_over.set(false);
                if let Some(file) = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0)) {
                    upload.choose(file);
                }
            }
        >
            {children.render()}
        </div>
    }
    .erase()
}

/// A file input that looks like a button. `children` are its label.
#[component]
fn FileButton(
    id: String,
    /// The media types that it offers.
    accept: &'static str,
    /// `environment` requests the camera on the back. `None` accepts any file.
    #[prop(optional)]
    capture: Option<&'static str>,
    upload: Upload,
    children: Content,
) -> impl IntoView {
    let store = use_store();
    let input = NodeRef::<html::Input>::new();
    let picked = move || {
        let Some(input) = input.get_untracked() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            upload.choose(file);
        }
        // The input is emptied, so that it reports the same file again.
        input.set_value("");
    };
    view! {
        <span class="file">
            <input
                class="file-input"
                type="file"
                id=id.clone()
                accept=accept
                capture=capture
                disabled=move || !store.hydrated.get() || upload.submission.busy.get()
                node_ref=input
                on:change=move |_| picked()
            />
            <label class="button" for=id>{children.render()}</label>
        </span>
    }
    .erase()
}

/// Opens the camera dialogue of this page, or the device's own camera if the page may not use the camera.
#[component]
fn PhotoButton(proof: Proof, upload: Upload, control: CameraControl, has_camera: RwSignal<bool>) -> impl IntoView {
    let slug = slug(proof);
    let label = move || {
        view! {
            {Icon::Camera}
            "Take a photo"
            <span class="visually-hidden">{format!(" of your proof of {slug}")}</span>
        }
    };
    move || match has_camera.get() {
        true => view! {
            <button
                type="button"
                class="button"
                id=format!("{slug}-photo")
                disabled=move || upload.submission.busy.get()
                on:click=move |_| control.open()
            >
                {label()}
            </button>
        }
        .erase(),
        false => view! {
            <FileButton id=format!("{slug}-photo") accept="image/jpeg,image/png" capture="environment" upload>
                {label()}
            </FileButton>
        }
        .erase(),
    }
}

/// Offers the camera of a phone.
#[component]
fn PhoneButton(proof: Proof, upload: Upload) -> impl IntoView {
    let store = use_store();
    view! {
        <button
            type="button"
            class="button phone-offer"
            disabled=move || !store.hydrated.get() || upload.submission.busy.get()
            on:click=move |_| store.phone_asked.set(true)
        >
            "Use your phone’s camera"
            <span class="visually-hidden">{format!(" for your proof of {}", slug(proof))}</span>
        </button>
    }
    .erase()
}

/// The progress of sending the file.
#[component]
fn UploadProgress(proof: Proof, upload: Upload) -> impl IntoView {
    let id = format!("{}-progress", slug(proof));
    let Upload { percent, file_name, .. } = upload;
    view! {
        <div class="drop-progress" aria-live="polite">
            <Show when=move || upload.submission.busy.get()>
                <label class="label" for=id.clone()>{move || format!("Sending {}", file_name.get())}</label>
                <progress class="bar" id=id.clone() max="100" value=move || percent.get().to_string()></progress>
                // Hidden from screen readers: the bar has the same value, and a live region would announce every per
                // cent.
                <p class="hint" aria-hidden="true">{move || format!("{}\u{a0}%", percent.get())}</p>
            </Show>
        </div>
    }
    .erase()
}
