//! A document that was read: its fields with their provenance, and the form for those in doubt.

use domain::document::{Document, Field, FieldName, Proof};
use leptos::html;
use leptos::prelude::*;

use super::confirm_fields_form::ConfirmFieldsForm;
use super::document_images::{DocumentImages, FieldCrop, PageDialog};
use super::document_notes::DocumentNotes;
use crate::components::Icon;
use crate::effect::effect;
use crate::erased::{Content, Erase, ErasedView};
use crate::logic::fields::{in_display_order, label_in, shown};
use crate::logic::proof::slug;
use crate::logic::readings::{Mark, readings, summary};
use crate::logic::text;

/// The fields of a document. Those in doubt are a form.
#[component]
pub fn DocumentFields(
    /// The document.
    document: Document,
) -> impl IntoView {
    let to_confirm = document.to_confirm();
    let images = DocumentImages::of(&document);
    let settled: Vec<_> =
        in_display_order(&document).into_iter().filter(|(name, _)| !to_confirm.contains(name)).collect();
    let (mrz, settled): (Vec<_>, Vec<_>) = settled.into_iter().partition(|(name, _)| *name == FieldName::Mrz);
    let mrz = mrz.into_iter().next().map(|(name, field)| view! { <CodedLines name field images /> });
    let facts = settled
        .into_iter()
        .map(|(name, field)| view! { <Fact name label=label_in(&document, name) field images /> })
        .collect_view();
    let (kind, file_name, confidence) = (document.kind, document.file_name.clone(), document.confidence);
    let notes = view! { <DocumentNotes document=document.clone() /> };
    let doubts = (!to_confirm.is_empty()).then(|| view! { <ConfirmFieldsForm document to_confirm images /> });
    view! {
        <p class="file-line">
            {(kind.proves() == Proof::Identity).then(|| view! { <strong>{kind.label()}</strong> })}
            <span class="file-name">{file_name}</span>
            <span class="file-note">{format!("{} sure overall", text::percent(confidence))}</span>
        </p>
        {notes}
        {doubts}
        <dl class="facts facts-read" data-document-fields=kind.as_str()>{facts}</dl>
        {mrz}
        <PageDialog images slug=slug(kind.proves()) />
    }
    .erase()
}

/// One settled field: its value, a line about its provenance, and the details behind that line.
#[component]
fn Fact(name: FieldName, label: &'static str, field: Field, images: DocumentImages) -> impl IntoView {
    let line = summary(name, &field);
    let shape = match line.mark {
        Mark::Fine => Icon::Tick,
        Mark::Applicant => Icon::Pencil,
        Mark::Differs => Icon::Attention,
    };
    let mark = match line.mark {
        Mark::Fine => "fine",
        Mark::Applicant => "applicant",
        Mark::Differs => "look",
    };
    let before = field.read_value.as_deref().map(|read| format!("We had read: {}", shown(name, read)));
    let readings = readings(name, &field)
        .into_iter()
        .map(|line| {
            let same = line.same.map(|same| match same {
                true => view! { <span class="reading-same">{Icon::Tick} "the same"</span> }.erase(),
                false => view! { <span class="reading-other">{Icon::Attention} "something else"</span> }.erase(),
            });
            view! {
                <li class="reading">
                    <span class="reading-value">{line.value} {same}</span>
                    <span class="reading-by">{line.by}</span>
                </li>
            }
        })
        .collect_view();
    let place = images.place(name, field.region);
    let has_past = place.is_some() || !readings.is_empty();
    let content = move |opened: RwSignal<bool>| {
        view! {
            <ul class="readings">{readings}</ul>
            {place.map(|place| view! { <FieldCrop images place wanted=opened /> })}
        }
        .erase()
    };
    let text = line.text;
    view! {
        <div data-field=name.as_str() data-mark=mark>
            <dt>{label}</dt>
            <dd>
                <div>
                    <span class="fact-value">{shown(name, &field.value)}</span>
                    {before.map(|before| view! { <span class="fact-before">{before}</span> })}
                </div>
                {if has_past {
                    view! {
                        <Disclosure content=content>
                            {shape}
                            <span>
                                {text} <span class="visually-hidden">{format!(": {label}, details")}</span>
                            </span>
                        </Disclosure>
                    }
                        .erase()
                } else {
                    view! { <p class="past-line">{shape} <span>{text}</span></p> }.erase()
                }}
            </dd>
        </div>
    }
    .erase()
}

/// A line that discloses details. `content` receives whether it is open.
#[component]
fn Disclosure<C>(content: C, children: Content) -> impl IntoView
where
    C: FnOnce(RwSignal<bool>) -> ErasedView,
{
    let opened = RwSignal::new(false);
    let details = NodeRef::<html::Details>::new();
    // It may have been opened before hydration.
    effect(move |_| {
        if let Some(details) = details.get() {
            opened.set(details.open());
        }
    });
    view! {
        <details
            class="past"
            node_ref=details
            on:toggle=move |_| opened.set(details.get_untracked().is_some_and(|details| details.open()))
        >
            <summary class="past-line">{children.render()}</summary>
            <div class="past-body">{content(opened)}</div>
        </details>
    }
    .erase()
}

/// The machine-readable zone.
#[component]
fn CodedLines(name: FieldName, field: Field, images: DocumentImages) -> impl IntoView {
    let place = images.place(name, field.region);
    view! {
        <Disclosure content=move |opened| {
            view! {
                <pre class="mrz" tabindex="0">{field.value}</pre>
                {place.map(|place| view! { <FieldCrop images place wanted=opened /> })}
            }
                .erase()
        }>
            <span>"The coded lines, as we read them"</span>
        </Disclosure>
    }
    .erase()
}
