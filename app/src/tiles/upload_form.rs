//! Handing in a document: drop it, pick it, or take a photo.

use domain::api::{DocumentAccepted, PendingDocument};
use domain::document::{DocumentKind, Proof};
use leptos::html;
use leptos::prelude::*;
use web_sys::File;

use super::camera::{CameraControl, CameraDialog};
use super::document_slot::slug;
use crate::browser::sending::Sending;
use crate::browser::{camera, commands};
use crate::logic::failure::Notice;
use crate::logic::files::{ACCEPT, check};
use crate::parts::{Choice, Icon, NoticeBox};
use crate::state::{Store, use_store};

/// What an upload is made of. Copies are handles to the same upload.
#[derive(Clone, Copy)]
struct Upload {
    store: Store,
    sending: Sending,
    percent: RwSignal<u8>,
    file: StoredValue<Option<File>, LocalStorage>,
    name: RwSignal<String>,
}

impl Upload {
    fn take(self, kind: DocumentKind, file: File) {
        if self.sending.busy.get_untracked() {
            return;
        }
        self.name.set(file.name());
        if let Err(why) = check(&file.name(), &file.type_(), file.size()) {
            self.file.set_value(None);
            self.sending.notice.set(Some(Notice {
                title: "This file cannot be used".to_owned(),
                detail: why.to_owned(),
                errors: Vec::new(),
            }));
            return;
        }
        self.file.set_value(Some(file));
        self.send(kind);
    }

    fn send(self, kind: DocumentKind) {
        let (Some(session), Some(file)) = (self.store.session.get_untracked(), self.file.get_value()) else {
            return;
        };
        let Self { store, sending, percent, .. } = self;
        let file_name = file.name();
        // Name, size and time tell one file from another as well as a person does.
        let intent = format!("{}|{file_name}|{}|{}", kind.as_str(), file.size(), file.last_modified());
        percent.set(0);
        sending.run(
            &intent,
            move |key| {
                commands::hand_in(session, kind, file, key, move |sent| {
                    _ = percent.try_set(sent);
                })
            },
            move |DocumentAccepted { document_id }| store.reading(PendingDocument { document_id, kind, file_name }),
        );
    }
}

/// The form of one proof.
#[component]
pub fn UploadForm(
    /// Which proof.
    proof: Proof,
    /// What the applicant chose, or handed in before. It outlives the form, which makes way for the steps of a reading.
    kind: RwSignal<DocumentKind>,
    /// Whether this is the phone that helps out already.
    #[prop(optional)]
    on_phone: bool,
) -> impl IntoView {
    let store = use_store();
    let upload = Upload {
        store,
        sending: Sending::new(store),
        percent: RwSignal::new(0),
        file: StoredValue::new_local(None),
        name: RwSignal::new(String::new()),
    };
    let over = RwSignal::new(false);
    let control = CameraControl::new(proof);
    // Whether the page may ask for a camera itself, and the browser hides it for want of https. Known in the browser only.
    let (camera_here, insecure) = (RwSignal::new(false), RwSignal::new(false));
    Effect::new(move |_| {
        camera_here.set(camera::available());
        insecure.set(!camera::secure());
    });
    let slug = slug(proof);
    let busy = upload.sending.busy;

    let drop = move |event: leptos::ev::DragEvent| {
        event.prevent_default();
        over.set(false);
        if let Some(file) = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0)) {
            upload.take(kind.get_untracked(), file);
        }
    };
    let (file_input, photo_input) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let picked = move |input: NodeRef<html::Input>| {
        let Some(input) = input.get_untracked() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            upload.take(kind.get_untracked(), file);
        }
        // So that picking the same file again counts as picking.
        input.set_value("");
    };
    let kinds = (proof == Proof::Identity).then(|| {
        let choices = DocumentKind::ALL
            .into_iter()
            .filter(|known| known.proves() == proof)
            .map(|known| {
                view! {
                    <Choice
                        id=format!("kind-{}", known.as_str())
                        name="kind"
                        label=known.label()
                        chosen=Signal::derive(move || kind.get() == known)
                        on_choose=Callback::new(move |_| kind.set(known))
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
    });
    let notice_id = if proof == Proof::Identity { "identity-problem" } else { "address-problem" };
    view! {
        <NoticeBox id=notice_id notice=upload.sending.notice input_of=|_| None />
        <Show when=move || upload.sending.notice.with(Option::is_some) && !busy.get() && upload.file.with_value(Option::is_some)>
            <p class="actions">
                <button type="button" class="button button-primary" on:click=move |_| upload.send(kind.get_untracked())>
                    "Try again"
                </button>
            </p>
        </Show>
        {kinds}
        <div
            class="drop"
            class:drop-over=move || over.get()
            class:drop-busy=move || busy.get()
            on:dragover=move |event| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=drop
        >
            <div class="drop-ask">
                <p class="drop-text">{Icon::Upload} <span>"Drop the file here, or"</span></p>
                <div class="drop-buttons">
                    <span class="file">
                        <input
                            class="file-input"
                            type="file"
                            id=format!("{slug}-file")
                            accept=ACCEPT
                            disabled=move || !store.hydrated.get() || busy.get()
                            node_ref=file_input
                            on:change=move |_| picked(file_input)
                        />
                        <label class="button" for=format!("{slug}-file")>
                            "Choose a file"
                            <span class="visually-hidden">{format!(" as proof of {slug}")}</span>
                        </label>
                    </span>
                    {move || {
                        let words = view! {
                            {Icon::Camera}
                            "Take a photo"
                            <span class="visually-hidden">{format!(" of your proof of {slug}")}</span>
                        };
                        if camera_here.get() {
                            view! {
                                <button
                                    type="button"
                                    class="button"
                                    id=format!("{slug}-photo")
                                    disabled=move || busy.get()
                                    on:click=move |_| control.open()
                                >
                                    {words}
                                </button>
                            }
                                .into_any()
                        } else {
                            view! {
                                <span class="file">
                                    <input
                                        class="file-input"
                                        type="file"
                                        id=format!("{slug}-photo")
                                        accept="image/jpeg,image/png"
                                        capture="environment"
                                        disabled=move || !store.hydrated.get() || busy.get()
                                        node_ref=photo_input
                                        on:change=move |_| picked(photo_input)
                                    />
                                    <label class="button" for=format!("{slug}-photo")>{words}</label>
                                </span>
                            }
                                .into_any()
                        }
                    }}
                    {(!on_phone)
                        .then(|| {
                            view! {
                                <button
                                    type="button"
                                    class="button phone-offer"
                                    disabled=move || !store.hydrated.get() || busy.get()
                                    on:click=move |_| store.phone_asked.set(true)
                                >
                                    "Use your phone’s camera"
                                    <span class="visually-hidden">{format!(" for your proof of {slug}")}</span>
                                </button>
                            }
                        })}
                </div>
                <p class="hint">"JPEG, PNG, HEIC, WebP, TIFF or PDF, up to 10 MB."</p>
                <Show when=move || insecure.get()>
                    <p class="hint">
                        "“Take a photo” opens your device’s own camera: this page came without encryption (https), so it may not \
                        use the camera itself."
                    </p>
                </Show>
            </div>
            <div class="drop-progress" aria-live="polite">
                <Show when=move || busy.get()>
                    <label class="label" for=format!("{slug}-progress")>
                        {move || format!("Sending {}", upload.name.get())}
                    </label>
                    <progress class="bar" id=format!("{slug}-progress") max="100" value=move || upload.percent.get().to_string()>
                    </progress>
                    // The bar says the same; spoken at every per cent it would be too much.
                    <p class="hint" aria-hidden="true">{move || format!("{}\u{a0}%", upload.percent.get())}</p>
                </Show>
            </div>
        </div>
        <Show when=move || camera_here.get()>
            <CameraDialog control kind on_photo=move |file| upload.take(kind.get_untracked(), file) />
        </Show>
    }
    .into_any()
}
