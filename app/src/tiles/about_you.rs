//! Tile 1: who the applicant is.

use std::collections::BTreeSet;

use domain::api::{CustomerCreated, FieldError};
use leptos::html;
use leptos::prelude::*;

use super::about_details::AboutDetails;
use super::waiting::Waiting;
use crate::browser::submission::Submission;
use crate::browser::{commands, dom, draft};
use crate::components::{ErrorText, NoticeBox, SubmitButton, TextField};
use crate::effect::effect;
use crate::erased::Erase;
use crate::logic::about_form::{
    AboutDraft, AboutField, ONLY_NAME, ONLY_NAME_HINT, TICKED, countries, input_of, user_info, validate,
};
use crate::logic::failure::Notice;
use crate::state::{Session, use_store};

/// The form, and after it the details.
#[component]
pub fn AboutYou() -> impl IntoView {
    let store = use_store();
    let known = Memo::new(move |_| store.journey.with(|journey| journey.user_info.is_some()));
    let sent = Memo::new(move |_| store.session.with(Option::is_some));
    move || match (known.get(), sent.get()) {
        (true, _) => view! { <AboutDetails /> }.erase(),
        (false, true) => {
            view! { <Waiting text="We have your details and are saving them. This takes a second." /> }.erase()
        }
        (false, false) => view! { <AboutForm /> }.erase(),
    }
}

/// The form's signals. Copies are handles to the same form.
#[derive(Clone, Copy)]
struct Form {
    values: [RwSignal<String>; AboutField::ALL.len()],
    touched: RwSignal<BTreeSet<&'static str>>,
    errors: RwSignal<Vec<FieldError>>,
}

impl Form {
    fn new() -> Self {
        Self {
            values: AboutField::ALL.map(|_| RwSignal::new(String::new())),
            touched: RwSignal::new(BTreeSet::new()),
            errors: RwSignal::new(Vec::new()),
        }
    }

    fn value(&self, field: AboutField) -> RwSignal<String> {
        // `ALL` has the order of the enum.
        self.values[field as usize]
    }

    fn draft(&self) -> AboutDraft {
        AboutField::ALL.into_iter().map(|field| (field, self.value(field).get())).collect()
    }

    fn error(&self, field: AboutField) -> Signal<Option<String>> {
        let errors = self.errors;
        Signal::derive(move || {
            errors.with(|errors| {
                errors.iter().find(|error| error.field == field.path()).map(|error| error.message.clone())
            })
        })
    }

    /// Shows a field's errors from now on, because the applicant left it. A date is validated after its last part.
    fn leave(&self, field: AboutField) {
        if matches!(field, AboutField::Day | AboutField::Month)
            && self.value(AboutField::Year).try_with_untracked(String::is_empty).unwrap_or(true)
        {
            return;
        }
        // `None` if the form was disposed of meanwhile.
        let touched = self.touched.try_update(|touched| {
            touched.insert(field.path());
            touched.clone()
        });
        if let Some(touched) = touched {
            self.show_errors(&touched);
        }
    }

    /// Validates again if the field's errors are shown, because another input changed what it must be.
    fn retry(&self, field: AboutField) {
        let touched = self.touched.get_untracked();
        if touched.contains(field.path()) {
            self.show_errors(&touched);
        }
    }

    fn show_errors(&self, touched: &BTreeSet<&'static str>) {
        let found = validate(&untrack(|| self.draft()), dom::today());
        self.errors.set(found.into_iter().filter(|error| touched.contains(error.field.as_str())).collect());
    }
}

#[component]
fn AboutForm() -> impl IntoView {
    let store = use_store();
    let form = Form::new();
    let submission = Submission::new(store);

    // Restores the draft after a reload, and stores every change.
    effect(move |first| {
        if first && let Some(kept) = draft::load::<AboutDraft>(draft::ABOUT) {
            for (field, text) in kept {
                form.value(field).set(text);
            }
        }
        let draft = form.draft();
        if draft.values().any(|text| !text.is_empty()) {
            draft::save(draft::ABOUT, &draft);
        }
    });

    // Errors from the server are shown beside their fields too.
    effect(move |_| {
        if let Some(notice) = submission.notice.get()
            && !notice.errors.is_empty()
        {
            form.errors.set(notice.errors);
        }
    });

    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let draft = untrack(|| form.draft());
        let errors = validate(&draft, dom::today());
        form.touched.set(AboutField::ALL.map(AboutField::path).into_iter().collect());
        form.errors.set(errors.clone());
        if !errors.is_empty() {
            submission.notice.set(Some(Notice::fields(errors)));
            return;
        }
        let info = user_info(&draft);
        let intent = serde_json::to_string(&info).unwrap_or_default();
        submission.run(
            &intent,
            move |key| commands::submit_user_info(info, key),
            move |created: CustomerCreated| {
                draft::forget(draft::ABOUT);
                let CustomerCreated { customer_id, application_id } = created;
                store.session.set(Some(Session { customer_id, application_id }));
            },
        );
    };

    let labelled = move |field: AboutField, label: &'static str, hint: &'static str| {
        view! {
            <TextField
                id=field.id()
                label
                hint
                value=form.value(field)
                error=form.error(field)
                autocomplete=field.autocomplete()
                input_mode=field.input_mode()
                kind=field.kind()
                class=field.width()
                on_leave=Callback::new(move |()| form.leave(field))
            />
        }
    };
    let text = move |field: AboutField| labelled(field, field.label(), field.hint());
    let one_name = Memo::new(move |_| form.value(AboutField::OneName).with(|ticked| ticked == TICKED));
    let names = move || match one_name.get() {
        true => labelled(AboutField::FirstName, ONLY_NAME, ONLY_NAME_HINT).erase(),
        false => view! { {text(AboutField::FirstName)} {text(AboutField::LastName)} }.erase(),
    };
    view! {
        <NoticeBox id="about-problem" notice=submission.notice input_of=|path| input_of(path).map(str::to_owned) />
        // Without a script it cannot be sent: the content security policy forbids it.
        <form class="form" method="post" novalidate on:submit=submit>
            <fieldset class="group">
                <legend class="group-title">"Who you are"</legend>
                {names}
                <OneName form />
                <BirthDate form />
            </fieldset>
            <fieldset class="group">
                <legend class="group-title">"How we reach you"</legend>
                {text(AboutField::Email)}
                {text(AboutField::Phone)}
            </fieldset>
            <fieldset class="group">
                <legend class="group-title">"Where you live"</legend>
                <CountryField form />
                {text(AboutField::Line1)}
                {text(AboutField::Line2)}
                <div class="row">
                    {text(AboutField::PostalCode)}
                    {text(AboutField::City)}
                </div>
                {text(AboutField::Region)}
            </fieldset>
            <p class="hint">
                "We use these details to check your identity and to find cover for you, and for nothing else."
            </p>
            <div class="actions">
                <SubmitButton label="Save and continue" busy_label="Saving" busy=submission.busy />
            </div>
        </form>
    }
    .erase_fixed()
}

/// The box for a person with one name.
#[component]
fn OneName(form: Form) -> impl IntoView {
    const FIELD: AboutField = AboutField::OneName;
    let value = form.value(FIELD);
    let input = NodeRef::<html::Input>::new();
    // As for text, a tick made before hydration is adopted first.
    effect(move |first| {
        let ticked = value.with(|value| value == TICKED);
        let Some(input) = input.get() else { return };
        if first && !ticked && input.checked() {
            value.set(TICKED.to_owned());
        } else if input.checked() != ticked {
            input.set_checked(ticked);
        }
    });
    view! {
        <div class="choice">
            <input
                id=FIELD.id()
                name=FIELD.id()
                type="checkbox"
                node_ref=input
                on:change=move |event| {
                    value.set(if event_target_checked(&event) { TICKED } else { "" }.to_owned());
                    form.retry(AboutField::LastName);
                }
            />
            <label for=FIELD.id()>{FIELD.label()}</label>
        </div>
    }
    .erase_fixed()
}

/// The date of birth in three inputs.
#[component]
fn BirthDate(form: Form) -> impl IntoView {
    let error = form.error(AboutField::Day);
    let part = move |field: AboutField| {
        view! {
            <TextField
                id=field.id()
                label=field.label()
                value=form.value(field)
                error=Signal::derive(|| None::<String>)
                autocomplete=field.autocomplete()
                input_mode=field.input_mode()
                class=field.width()
                on_leave=Callback::new(move |()| form.leave(field))
            />
        }
    };
    view! {
        <fieldset
            class="field date"
            class:field-wrong=move || error.with(Option::is_some)
            aria-describedby="birth-date-hint birth-day-error"
        >
            <legend class="label">"Date of birth"</legend>
            <p class="hint" id="birth-date-hint">"For instance 14 3 1987."</p>
            <ErrorText field="birth-day" error />
            <div class="date-parts">
                {part(AboutField::Day)} {part(AboutField::Month)} {part(AboutField::Year)}
            </div>
        </fieldset>
    }
    .erase_fixed()
}

#[component]
fn CountryField(form: Form) -> impl IntoView {
    let value = form.value(AboutField::Country);
    let error = form.error(AboutField::Country);
    let select = NodeRef::<html::Select>::new();
    // As for text, a choice made before hydration is adopted first.
    effect(move |first| {
        let chosen = value.get();
        let Some(select) = select.get() else { return };
        if first && chosen.is_empty() && !select.value().is_empty() {
            value.set(select.value());
        } else if select.value() != chosen {
            select.set_value(&chosen);
        }
    });
    let options =
        countries().into_iter().map(|(code, name)| view! { <option value=code>{name}</option> }).collect_view();
    view! {
        <div class="field" class:field-wrong=move || error.with(Option::is_some)>
            <label class="label" for="country">{AboutField::Country.label()}</label>
            <ErrorText field="country" error />
            <select
                class="input"
                id="country"
                name="country"
                autocomplete="country"
                aria-describedby=move || error.with(Option::is_some).then_some("country-error")
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                node_ref=select
                on:change=move |event| {
                    value.set(event_target_value(&event));
                    form.leave(AboutField::Country);
                }
                on:blur=move |event| dom::after_blur(&event, move || form.leave(AboutField::Country))
            >
                <option value="">"Choose a country"</option>
                {options}
            </select>
        </div>
    }
    .erase_fixed()
}
