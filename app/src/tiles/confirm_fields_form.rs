//! The form for the fields of a document that the applicant must confirm, choose or type.

use std::collections::BTreeMap;

use domain::api::ConfirmFields;
use domain::document::{Document, FieldName, Proof};
use leptos::prelude::*;

use super::document_images::{DocumentImages, FieldCrop};
use crate::browser::commands;
use crate::browser::submission::Submission;
use crate::components::{Choice, ErrorText, Icon, NoticeBox, SubmitButton, TextField};
use crate::erased::{Erase, ErasedView};
use crate::logic::failure::Notice;
use crate::logic::fields::{NO_EXPIRY, Question, correction_notice, does_not_expire, label_in, question, validate};
use crate::logic::proof::slug;
use crate::logic::readings::Offer;
use crate::state::use_store;

/// The answer to a question. Copies are handles to the same answer.
#[derive(Clone, Copy)]
enum Answer {
    /// The text.
    Text(RwSignal<String>),
    /// The index of the chosen offer; the number of offers means none of them.
    Choice { chosen: RwSignal<Option<usize>>, offers: StoredValue<Vec<Offer>>, typed: RwSignal<String> },
}

impl Answer {
    /// The value to send. `None` if nothing was chosen.
    fn value(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.get_untracked().trim().to_owned()),
            Self::Choice { chosen, offers, typed } => {
                let chosen = chosen.get_untracked()?;
                let offered = offers.with_value(|offers| offers.get(chosen).map(|offer| offer.value.clone()));
                Some(offered.unwrap_or_else(|| typed.get_untracked().trim().to_owned()))
            }
        }
    }
}

/// The form.
#[component]
pub fn ConfirmFieldsForm(
    /// The document.
    document: Document,
    /// The fields to confirm.
    to_confirm: Vec<FieldName>,
    /// The images of its pages.
    images: DocumentImages,
) -> impl IntoView {
    let store = use_store();
    let submission = Submission::new(store);
    let saved = RwSignal::new(false);
    let proof = document.kind.proves();
    let slug = slug(proof);
    let title = match to_confirm.as_slice() {
        all if all.iter().all(|name| !document.extracted_fields.contains_key(name)) => {
            "Please type what your document says"
        }
        [_] => "Please check this against your document",
        _ => "Please check these against your document",
    };
    let mut answers = BTreeMap::new();
    let mut choosing = false;
    let inputs = to_confirm
        .into_iter()
        .map(|name| {
            let field = document.extracted_fields.get(&name);
            let error = Signal::derive(move || {
                submission.notice.with(|notice| {
                    let errors = &notice.as_ref()?.errors;
                    let own = errors.iter().find(|error| field_of(&error.field) == name.as_str());
                    own.map(|error| error.message.clone())
                })
            });
            let id = format!("{slug}-{}", name.as_str());
            let cutout = images
                .place(name, field.and_then(|field| field.region))
                .map(|place| view! { <FieldCrop images place wanted=true /> }.erase());
            match question(name, field) {
                Question::Choose(offers) => {
                    choosing = true;
                    let (chosen, typed) = (RwSignal::new(None), RwSignal::new(String::new()));
                    let offers = StoredValue::new(offers);
                    answers.insert(name, Answer::Choice { chosen, offers, typed });
                    view! { <ReadingChoice id name offers chosen typed error cutout /> }.erase()
                }
                Question::Check(hint) | Question::Find(hint) => {
                    let value = RwSignal::new(document.value(name).unwrap_or_default().to_owned());
                    answers.insert(name, Answer::Text(value));
                    let label = label_in(&document, name);
                    view! { <TextAnswer id label name hint value error aid=cutout /> }.erase()
                }
            }
        })
        .collect_view();
    let document_id = document.document_id;
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let fields: BTreeMap<_, _> = answers.iter().map(|(name, answer)| (*name, answer.value())).collect();
        let errors = validate(&fields);
        if !errors.is_empty() {
            submission.notice.set(Some(Notice::fields(errors)));
            return;
        }
        let Some(session) = store.session.get_untracked() else { return };
        let fields = fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let confirm = ConfirmFields { fields };
        let intent = serde_json::to_string(&confirm).unwrap_or_default();
        submission.run(
            &intent,
            move |_| commands::confirm_fields(session, document_id, confirm),
            move |()| {
                // The event, which may have arrived already, replaces the form.
                _ = saved.try_set(true);
            },
        );
    };
    let (notice_id, input_of): (_, fn(&str) -> Option<String>) = match proof {
        Proof::Identity => ("identity-fields-problem", |path| Some(format!("identity-{}", field_of(path)))),
        Proof::Address => ("address-fields-problem", |path| Some(format!("address-{}", field_of(path)))),
    };
    view! {
        <form class="doubts" method="post" novalidate on:submit=submit data-to-confirm=slug>
            <h4 class="doubts-title">{Icon::Attention} {title}</h4>
            <NoticeBox id=notice_id notice=submission.notice input_of />
            {inputs}
            <p class="aside">{Icon::Person} <span>{correction_notice(proof, choosing)}</span></p>
            <div class="actions">
                <SubmitButton
                    label="Confirm"
                    busy_label="Saving"
                    busy=Signal::derive(move || submission.busy.get() || saved.get())
                />
            </div>
        </form>
    }
    .erase()
}

/// A field to be typed or checked.
#[component]
fn TextAnswer(
    id: String,
    label: &'static str,
    name: FieldName,
    hint: String,
    value: RwSignal<String>,
    error: Signal<Option<String>>,
    aid: Option<ErasedView>,
) -> impl IntoView {
    let endless = Signal::derive(move || name == FieldName::ExpiryDate && value.with(|value| does_not_expire(value)));
    let choice_id = format!("{id}-none");
    // A date cannot say that there is none.
    let choice = (name == FieldName::ExpiryDate).then(|| {
        let choose = move |on: bool| value.set(if on { NO_EXPIRY.to_owned() } else { String::new() });
        view! {
            <Choice
                id=choice_id.clone()
                name=choice_id
                label="My document does not expire"
                many=true
                chosen=endless
                on_choose=Callback::new(choose)
            />
        }
    });
    view! {
        <div hidden=move || endless.get()>
            <TextField
                id
                label
                hint
                value
                error
                kind=if name.is_date() { "date" } else { "text" }
                class=if name.is_date() { "input input-20" } else { "input" }
                aid
            />
        </div>
        {choice}
    }
    .erase()
}

/// A field whose readings differ: the values to choose from, or a text for another value.
#[component]
fn ReadingChoice(
    id: String,
    name: FieldName,
    offers: StoredValue<Vec<Offer>>,
    chosen: RwSignal<Option<usize>>,
    typed: RwSignal<String>,
    error: Signal<Option<String>>,
    cutout: Option<ErasedView>,
) -> impl IntoView {
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described = {
        let hint_id = hint_id.clone();
        move || if error.with(Option::is_some) { format!("{hint_id} {error_id}") } else { hint_id.clone() }
    };
    let neither = offers.with_value(Vec::len);
    // The error summary links to the first radio button.
    let id_of = {
        let id = id.clone();
        move |index: usize| if index == 0 { id.clone() } else { format!("{id}-{index}") }
    };
    let choices = offers
        .get_value()
        .into_iter()
        .map(|offer| (offer.shown, offer.says))
        .chain([("Something else".to_owned(), "I type what is on my document".to_owned())])
        .enumerate()
        .map(|(index, (label, note))| {
            view! {
                <Choice
                    id=id_of(index)
                    name=id.clone()
                    label
                    note
                    chosen=Signal::derive(move || chosen.get() == Some(index))
                    on_choose=Callback::new(move |_| chosen.set(Some(index)))
                />
            }
        })
        .collect_view();
    let typed_id = format!("{id}-typed");
    view! {
        <fieldset class="field" class:field-wrong=move || error.with(Option::is_some) aria-describedby=described>
            <legend class="label">{name.label()}</legend>
            <p class="hint" id=hint_id>"Our readings differ. Choose what is printed on your document."</p>
            <ErrorText field=id.clone() error />
            {cutout}
            <div class="choices">{choices}</div>
            <Show when=move || chosen.get() == Some(neither)>
                <div class="choice-more">
                    <TextAnswer
                        id=typed_id.clone()
                        label="What your document says"
                        name
                        hint=String::new()
                        value=typed
                        error=Signal::derive(|| None)
                        aid=None
                    />
                </div>
            </Show>
        </fieldset>
    }
    .erase()
}

/// The name of the field in the path of an error, such as `fields.dateOfBirth`.
fn field_of(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}
