//! Form controls: a label above, a hint, an error beside, and the control itself.
//!
//! The controls are not bound by `prop:value`, because hydration would overwrite earlier input of the applicant or the
//! browser. An effect first copies the control into the signal, and then the signal into the control.

use leptos::html;
use leptos::prelude::*;

use crate::browser::dom;
use crate::effect::effect;
use crate::erased::{Erase, ErasedView};

/// An error beside its field.
#[component]
pub fn ErrorText(
    /// The id of the field; the error's own id is derived from it.
    #[prop(into)]
    field: String,
    /// The error, if there is one.
    #[prop(into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    let id = format!("{field}-error");
    move || {
        let id = id.clone();
        error.get().map(|error| {
            view! {
                <p class="error-text" id=id>
                    <span class="visually-hidden">"Error: "</span>
                    {error}
                </p>
            }
        })
    }
}

/// A line of text.
#[component]
pub fn TextField(
    /// Its id, and its name.
    #[prop(into)]
    id: String,
    /// Its label.
    #[prop(into)]
    label: String,
    /// The hint.
    #[prop(into, optional)]
    hint: String,
    /// The text.
    value: RwSignal<String>,
    /// Its error.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// The `autocomplete` token.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// The `inputmode`.
    #[prop(default = "text")]
    input_mode: &'static str,
    /// The `type`.
    #[prop(default = "text")]
    kind: &'static str,
    /// The class of the input, which sets its width.
    #[prop(default = "input")]
    class: &'static str,
    /// The applicant left the field.
    #[prop(into, optional)]
    on_leave: Option<Callback<()>>,
    /// Content between hint and control, for instance an image.
    #[prop(default = None)]
    aid: Option<ErasedView>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    effect(move |first| {
        let typed = value.get();
        let Some(input) = input.get() else { return };
        let shown = input.value();
        if first && !shown.is_empty() && shown != typed {
            value.set(shown);
        } else if shown != typed {
            input.set_value(&typed);
        }
    });
    let hint_id = (!hint.is_empty()).then(|| format!("{id}-hint"));
    let described = {
        let (hint_id, error_id) = (hint_id.clone(), format!("{id}-error"));
        move || {
            let error_id = error.with(Option::is_some).then(|| error_id.clone());
            let ids: Vec<_> = [hint_id.clone(), error_id].into_iter().flatten().collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        }
    };
    view! {
        <div class="field" class:field-wrong=move || error.with(Option::is_some)>
            <label class="label" for=id.clone()>{label}</label>
            {hint_id.map(|hint_id| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <ErrorText field=id.clone() error />
            {aid}
            <input
                class=class
                id=id.clone()
                name=id
                type=kind
                inputmode=input_mode
                autocomplete=autocomplete
                spellcheck="false"
                value=value.get_untracked()
                aria-describedby=described
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                node_ref=input
                on:input=move |event| value.set(event_target_value(&event))
                on:blur=move |event| {
                    if let Some(on_leave) = on_leave {
                        dom::after_blur(&event, move || on_leave.run(()));
                    }
                }
            />
        </div>
    }
    .erase()
}

/// A radio button or a check box, with its label.
#[component]
pub fn Choice(
    /// Its id.
    #[prop(into)]
    id: String,
    /// The name of its group.
    #[prop(into)]
    name: String,
    /// Its label.
    #[prop(into)]
    label: String,
    /// A note below the label.
    #[prop(into, optional)]
    note: String,
    /// Whether it is a check box, so that several of the group can be chosen.
    #[prop(optional)]
    many: bool,
    /// Whether it is chosen.
    #[prop(into)]
    chosen: Signal<bool>,
    /// The applicant chose it or removed the choice.
    #[prop(into)]
    on_choose: Callback<bool>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    effect(move |first| {
        let wanted = chosen.get();
        let Some(input) = input.get() else { return };
        if first && !wanted && input.checked() {
            on_choose.run(true);
        } else if input.checked() != wanted {
            input.set_checked(wanted);
        }
    });
    view! {
        <div class="choice">
            <input
                id=id.clone()
                name=name
                value=id.clone()
                type=if many { "checkbox" } else { "radio" }
                checked=chosen.get_untracked()
                node_ref=input
                on:change=move |event| on_choose.run(event_target_checked(&event))
            />
            <label for=id>
                {label} {(!note.is_empty()).then(|| view! { <span class="choice-note">{note}</span> })}
            </label>
        </div>
    }
    .erase()
}
