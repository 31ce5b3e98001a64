//! A document that was read: what was found, how sure the reader was, and what the applicant must look at.

use std::collections::BTreeMap;

use domain::api::ConfirmFields;
use domain::document::{Document, Field, FieldName, FieldSource, Proof};
use leptos::prelude::*;

use super::document_slot::slug;
use crate::browser::commands;
use crate::browser::sending::Sending;
use crate::logic::failure::Notice;
use crate::logic::fields::{doubt, in_display_order, judge, shown};
use crate::logic::words;
use crate::parts::{Icon, NoticeBox, SubmitButton, TextField};
use crate::state::use_store;

/// The fields of a document; those in doubt as a form.
#[component]
pub fn DocumentFields(
    /// The document.
    document: Document,
) -> impl IntoView {
    let to_confirm = document.to_confirm();
    let settled: Vec<_> =
        in_display_order(&document).into_iter().filter(|(name, _)| !to_confirm.contains(name)).collect();
    let (mrz, settled): (Vec<_>, Vec<_>) = settled.into_iter().partition(|(name, _)| *name == FieldName::Mrz);
    let mrz = mrz.into_iter().next().map(|(_, field)| {
        view! {
            <details class="more">
                <summary>"The coded lines, as we read them"</summary>
                <pre class="mrz" tabindex="0">{field.value}</pre>
            </details>
        }
    });
    let facts = settled.into_iter().map(|(name, field)| view! { <Fact name field /> }).collect_view();
    let (kind, file_name, confidence) = (document.kind, document.file_name.clone(), document.confidence);
    let doubts = (!to_confirm.is_empty()).then(|| view! { <Doubts document to_confirm /> });
    view! {
        <p class="file-line">
            {(kind.proves() == Proof::Identity).then(|| view! { <strong>{kind.label()}</strong> })}
            <span class="file-name">{file_name}</span>
            <span class="file-note">{format!("{} sure overall", words::percent(confidence))}</span>
        </p>
        {doubts}
        <dl class="facts facts-read" data-document-fields=kind.as_str()>{facts}</dl>
        {mrz}
    }
    .into_any()
}

/// One field that needs nothing more.
#[component]
fn Fact(name: FieldName, field: Field) -> impl IntoView {
    // What was typed has no reader who could be more or less sure.
    let certainty = match (field.confirmed, field.source) {
        (true, FieldSource::Applicant) => None,
        (true, _) => Some("confirmed by you".to_owned()),
        (false, _) => Some(format!("{}, {}", words::confidence(field.confidence), words::percent(field.confidence))),
    };
    let source = field.source.label();
    let before = field.read_value.as_deref().map(|read| format!("We had read: {}", shown(name, read)));
    view! {
        <div data-field=name.as_str()>
            <dt>{name.label()}</dt>
            <dd>
                <span class="fact-value">{shown(name, &field.value)}</span>
                <span class="fact-note">
                    {Icon::Tick} <span>{certainty.map(|certainty| format!("{certainty}, "))} <span class="fact-source">{source}</span></span>
                </span>
                {before.map(|before| view! { <span class="fact-note">{before}</span> })}
            </dd>
        </div>
    }
    .into_any()
}

/// The fields in doubt, to be confirmed or corrected.
#[component]
fn Doubts(document: Document, to_confirm: Vec<FieldName>) -> impl IntoView {
    let store = use_store();
    let sending = Sending::new(store);
    let saved = RwSignal::new(false);
    let proof = document.kind.proves();
    let slug = slug(proof);
    let values: BTreeMap<FieldName, RwSignal<String>> = to_confirm
        .iter()
        .map(|name| (*name, RwSignal::new(document.value(*name).unwrap_or_default().to_owned())))
        .collect();
    let several = to_confirm.len() > 1;
    let inputs = to_confirm
        .into_iter()
        .filter_map(|name| {
            let value = *values.get(&name)?;
            let error = Signal::derive(move || {
                sending.notice.with(|notice| {
                    let errors = &notice.as_ref()?.errors;
                    errors
                        .iter()
                        .find(|error| field_of(&error.field) == name.as_str())
                        .map(|error| error.message.clone())
                })
            });
            Some(view! {
                <TextField
                    id=format!("{slug}-{}", name.as_str())
                    label=name.label()
                    hint=doubt(document.extracted_fields.get(&name))
                    value
                    error
                    kind=if name.is_date() { "date" } else { "text" }
                    class=if name.is_date() { "input input-20" } else { "input" }
                />
            })
        })
        .collect_view();
    let document_id = document.document_id;
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let fields: BTreeMap<_, _> =
            values.iter().map(|(name, value)| (*name, value.get_untracked().trim().to_owned())).collect();
        let errors = judge(&fields);
        if !errors.is_empty() {
            sending.notice.set(Some(Notice::fields(errors)));
            return;
        }
        let Some(session) = store.session.get_untracked() else { return };
        let confirm = ConfirmFields { fields };
        let intent = serde_json::to_string(&confirm).unwrap_or_default();
        sending.run(
            &intent,
            move |_| commands::confirm_fields(session, document_id, confirm),
            move |()| {
                // The fields settle with the event, which may be here already.
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
            <h4 class="doubts-title">{Icon::Attention} {if several { "Please check these against your document" } else { "Please check this against your document" }}</h4>
            <NoticeBox id=notice_id notice=sending.notice input_of />
            {inputs}
            <div class="actions">
                <SubmitButton
                    label="Confirm"
                    busy_label="Saving"
                    busy=Signal::derive(move || sending.busy.get() || saved.get())
                />
            </div>
        </form>
    }
    .into_any()
}

/// The field's own name in the path of an error, `fields.dateOfBirth`.
fn field_of(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}
