//! A document that was read: what was found, where it came from, and what the applicant must look at.

use domain::document::{Document, Field, FieldName, Proof};
use leptos::html;
use leptos::prelude::*;

use super::document_doubts::Doubts;
use super::document_notes::DocumentNotes;
use super::document_picture::{Cutout, Sight, WholePage};
use super::document_slot::slug;
use crate::logic::fields::{in_display_order, shown};
use crate::logic::readings::{Mark, readings, summary};
use crate::logic::words;
use crate::parts::Icon;

/// The fields of a document; those in doubt as a form.
#[component]
pub fn DocumentFields(
    /// The document.
    document: Document,
) -> impl IntoView {
    let to_confirm = document.to_confirm();
    let sight = Sight::of(&document);
    let settled: Vec<_> =
        in_display_order(&document).into_iter().filter(|(name, _)| !to_confirm.contains(name)).collect();
    let (mrz, settled): (Vec<_>, Vec<_>) = settled.into_iter().partition(|(name, _)| *name == FieldName::Mrz);
    let mrz = mrz.into_iter().next().map(|(name, field)| view! { <CodedLines name field sight /> });
    let facts = settled.into_iter().map(|(name, field)| view! { <Fact name field sight /> }).collect_view();
    let (kind, file_name, confidence) = (document.kind, document.file_name.clone(), document.confidence);
    let notes = view! { <DocumentNotes document=document.clone() /> };
    let doubts = (!to_confirm.is_empty()).then(|| view! { <Doubts document to_confirm sight /> });
    view! {
        <p class="file-line">
            {(kind.proves() == Proof::Identity).then(|| view! { <strong>{kind.label()}</strong> })}
            <span class="file-name">{file_name}</span>
            <span class="file-note">{format!("{} sure overall", words::percent(confidence))}</span>
        </p>
        {notes}
        {doubts}
        <dl class="facts facts-read" data-document-fields=kind.as_str()>{facts}</dl>
        {mrz}
        <WholePage sight slug=slug(kind.proves()) />
    }
    .into_any()
}

/// One field that needs nothing more: its value, one line about it, and its past behind that line.
#[component]
fn Fact(name: FieldName, field: Field, sight: Sight) -> impl IntoView {
    let line = summary(name, &field);
    let shape = match line.mark {
        Mark::Fine => Icon::Tick,
        Mark::Applicant => Icon::Pencil,
        Mark::Look => Icon::Attention,
    };
    let mark = match line.mark {
        Mark::Fine => "fine",
        Mark::Applicant => "applicant",
        Mark::Look => "look",
    };
    let before = field.read_value.as_deref().map(|read| format!("We had read: {}", shown(name, read)));
    let readings = readings(name, &field)
        .into_iter()
        .map(|told| {
            let same = told.same.map(|same| match same {
                true => view! { <span class="reading-same">{Icon::Tick} "the same"</span> }.into_any(),
                false => view! { <span class="reading-other">{Icon::Attention} "something else"</span> }.into_any(),
            });
            view! {
                <li class="reading">
                    <span class="reading-value">{told.value} {same}</span>
                    <span class="reading-by">{told.by}</span>
                </li>
            }
        })
        .collect_view();
    let place = sight.place(name, field.region);
    let has_past = place.is_some() || !readings.is_empty();
    let content = move |opened: RwSignal<bool>| {
        view! {
            <ul class="readings">{readings}</ul>
            {place.map(|place| view! { <Cutout sight place wanted=opened /> })}
        }
        .into_any()
    };
    let text = line.text;
    view! {
        <div data-field=name.as_str() data-mark=mark>
            <dt>{name.label()}</dt>
            <dd>
                <div>
                    <span class="fact-value">{shown(name, &field.value)}</span>
                    {before.map(|before| view! { <span class="fact-before">{before}</span> })}
                </div>
                {if has_past {
                    view! {
                        <Past content=content>
                            {shape}
                            <span>{text} <span class="visually-hidden">{format!(": {}, details", name.label())}</span></span>
                        </Past>
                    }
                        .into_any()
                } else {
                    view! { <p class="past-line">{shape} <span>{text}</span></p> }.into_any()
                }}
            </dd>
        </div>
    }
    .into_any()
}

/// What is behind a line. `content` hears whether it is open.
#[component]
fn Past<C>(content: C, children: Children) -> impl IntoView
where
    C: FnOnce(RwSignal<bool>) -> AnyView,
{
    let opened = RwSignal::new(false);
    let details = NodeRef::<html::Details>::new();
    // It may have been opened before the page came alive.
    Effect::new(move |_| {
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
            <summary class="past-line">{children()}</summary>
            <div class="past-body">{content(opened)}</div>
        </details>
    }
    .into_any()
}

/// The machine-readable zone, for those who want to see it.
#[component]
fn CodedLines(name: FieldName, field: Field, sight: Sight) -> impl IntoView {
    let place = sight.place(name, field.region);
    view! {
        <Past content=move |opened| {
            view! {
                <pre class="mrz" tabindex="0">{field.value}</pre>
                {place.map(|place| view! { <Cutout sight place wanted=opened /> })}
            }
                .into_any()
        }>
            <span>"The coded lines, as we read them"</span>
        </Past>
    }
    .into_any()
}
