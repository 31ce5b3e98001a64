//! The needs questionnaire.

use domain::api::FieldError;
use domain::needs::{Employment, Home, Interest, Vehicle};
use leptos::prelude::*;

use crate::browser::commands;
use crate::browser::draft;
use crate::browser::submission::Submission;
use crate::components::{Choice, ErrorText, NoticeBox, SubmitButton, TextField};
use crate::effect::effect;
use crate::erased::{Content, Erase};
use crate::logic::failure::Notice;
use crate::logic::needs_form::{NeedsDraft, input_of};
use crate::state::use_store;

/// Nine short questions on one page.
#[component]
pub fn Questionnaire(
    /// Called after the answers were accepted.
    on_sent: Callback<()>,
) -> impl IntoView {
    let store = use_store();
    let form = Form::new(store.needs.get_untracked().map(|needs| NeedsDraft::from(&needs)).unwrap_or_default());
    let submission = Submission::new(store);

    // Restores the draft after a reload, and stores every change.
    effect(move |first| {
        if first && let Some(kept) = draft::load::<NeedsDraft>(draft::NEEDS) {
            form.fill(kept);
        }
        let draft = form.draft();
        if draft != NeedsDraft::default() {
            draft::save(draft::NEEDS, &draft);
        }
    });

    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let needs = match untrack(|| form.draft()).parse() {
            Ok(needs) => needs,
            Err(errors) => {
                submission.notice.set(Some(Notice::fields(errors)));
                return;
            }
        };
        let Some(session) = store.session.get_untracked() else { return };
        let intent = serde_json::to_string(&needs).unwrap_or_default();
        let answer = needs.clone();
        submission.run(
            &intent,
            move |key| commands::submit_needs(session, needs, key),
            move |()| {
                draft::forget(draft::NEEDS);
                store.needs.set(Some(answer));
                _ = on_sent.try_run(());
            },
        );
    };

    let error = move |field: &'static str| {
        Signal::derive(move || {
            submission.notice.with(|notice| {
                let errors: &[FieldError] = notice.as_ref().map_or(&[], |notice| &notice.errors);
                errors.iter().find(|error| error.field == field).map(|error| error.message.clone())
            })
        })
    };
    let number = move |id: &'static str, label: &'static str, hint: &'static str, value, field: &'static str| {
        view! { <TextField id label hint value error=error(field) input_mode="numeric" class="input input-4" /> }
    };
    let interests = Interest::ALL
        .into_iter()
        .map(|interest| {
            view! {
                <Choice
                    id=format!("interests-{}", spelling(&interest))
                    name="interests"
                    label=interest.label()
                    many=true
                    chosen=Signal::derive(move || form.interests.with(|chosen| chosen.contains(&interest)))
                    on_choose=Callback::new(move |chosen| {
                        form.interests.update(|interests| NeedsDraft::toggle(interests, interest, chosen));
                    })
                />
            }
        })
        .collect_view();
    view! {
        <p>
            "Tell us what matters to you. We use the answers to find policies and an indicative price, and for nothing \
             else."
        </p>
        <NoticeBox id="needs-problem" notice=submission.notice input_of=|field| input_of(field).map(str::to_owned) />
        <form class="form" method="post" novalidate on:submit=submit>
            <Question
                id="interests"
                legend="What would you like to protect?"
                hint="Choose all that apply."
                error=error("interests")
            >
                <div class="choices">{interests}</div>
            </Question>
            {number(
                "dependants",
                "How many people live on your income?",
                "Not counting yourself. Enter 0 if nobody does.",
                form.dependants,
                "dependants",
            )}
            <Question id="employment" legend="How do you earn your living?" error=error("employment")>
                <Radios
                    name="employment"
                    options=Employment::ALL.map(|value| (value, value.label())).to_vec()
                    chosen=form.employment
                />
            </Question>
            <Question id="home" legend="Where do you live?" error=error("home")>
                <Radios name="home" options=Home::ALL.map(|value| (value, value.label())).to_vec() chosen=form.home />
            </Question>
            <Question id="vehicle" legend="How do you get around?" error=error("vehicle")>
                <Radios
                    name="vehicle"
                    options=Vehicle::ALL.map(|value| (value, value.label())).to_vec()
                    chosen=form.vehicle
                />
            </Question>
            {number("trips-per-year", "How many trips abroad do you make in a year?", "", form.trips, "tripsPerYear")}
            {number("pets", "How many pets do you have?", "", form.pets, "pets")}
            <Question id="smoker" legend="Do you smoke?" error=error("smoker")>
                <SmokerRadios chosen=form.smoker />
            </Question>
            <TextField
                id="monthly-budget"
                label="What would you spend in a month, in euro?"
                hint="For all your cover together, for instance 80. It sorts what we show; you are not held to it."
                value=form.budget
                error=error("monthlyBudgetCents")
                input_mode="decimal"
                class="input input-10"
            />
            <div class="actions">
                <SubmitButton label="Find my policies" busy_label="Sending" busy=submission.busy />
            </div>
        </form>
    }
    .erase()
}

/// The form's signals. Copies are handles to the same form.
#[derive(Clone, Copy)]
struct Form {
    interests: RwSignal<Vec<Interest>>,
    dependants: RwSignal<String>,
    employment: RwSignal<Option<Employment>>,
    home: RwSignal<Option<Home>>,
    vehicle: RwSignal<Option<Vehicle>>,
    trips: RwSignal<String>,
    pets: RwSignal<String>,
    smoker: RwSignal<Option<bool>>,
    budget: RwSignal<String>,
}

impl Form {
    fn new(draft: NeedsDraft) -> Self {
        Self {
            interests: RwSignal::new(draft.interests),
            dependants: RwSignal::new(draft.dependants),
            employment: RwSignal::new(draft.employment),
            home: RwSignal::new(draft.home),
            vehicle: RwSignal::new(draft.vehicle),
            trips: RwSignal::new(draft.trips),
            pets: RwSignal::new(draft.pets),
            smoker: RwSignal::new(draft.smoker),
            budget: RwSignal::new(draft.budget),
        }
    }

    fn fill(&self, draft: NeedsDraft) {
        self.interests.set(draft.interests);
        self.dependants.set(draft.dependants);
        self.employment.set(draft.employment);
        self.home.set(draft.home);
        self.vehicle.set(draft.vehicle);
        self.trips.set(draft.trips);
        self.pets.set(draft.pets);
        self.smoker.set(draft.smoker);
        self.budget.set(draft.budget);
    }

    fn draft(&self) -> NeedsDraft {
        NeedsDraft {
            interests: self.interests.get(),
            dependants: self.dependants.get(),
            employment: self.employment.get(),
            home: self.home.get(),
            vehicle: self.vehicle.get(),
            trips: self.trips.get(),
            pets: self.pets.get(),
            smoker: self.smoker.get(),
            budget: self.budget.get(),
        }
    }
}

/// A question with several inputs.
#[component]
fn Question(
    /// The prefix of its ids.
    id: &'static str,
    /// The question.
    legend: &'static str,
    /// The hint.
    #[prop(optional)]
    hint: &'static str,
    /// The error of the answer.
    error: Signal<Option<String>>,
    children: Content,
) -> impl IntoView {
    let described = move || {
        let hint = (!hint.is_empty()).then(|| format!("{id}-hint"));
        let error = error.with(Option::is_some).then(|| format!("{id}-error"));
        let ids: Vec<_> = [hint, error].into_iter().flatten().collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    };
    view! {
        <fieldset class="field" class:field-wrong=move || error.with(Option::is_some) aria-describedby=described>
            <legend class="label">{legend}</legend>
            {(!hint.is_empty()).then(|| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> })}
            <ErrorText field=id error />
            {children.render()}
        </fieldset>
    }
    .erase()
}

/// A group of radio buttons.
#[component]
fn Radios<T>(
    /// The name of the group.
    name: &'static str,
    /// The answers and their labels.
    options: Vec<(T, &'static str)>,
    /// The chosen answer.
    chosen: RwSignal<Option<T>>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + serde::Serialize + 'static,
{
    let choices = options
        .into_iter()
        .map(|(value, label)| {
            view! {
                <Choice
                    id=format!("{name}-{}", spelling(&value))
                    name
                    label
                    chosen=Signal::derive(move || chosen.get() == Some(value))
                    on_choose=Callback::new(move |_| chosen.set(Some(value)))
                />
            }
        })
        .collect_view();
    view! { <div class="choices">{choices}</div> }.erase()
}

#[component]
fn SmokerRadios(chosen: RwSignal<Option<bool>>) -> impl IntoView {
    let choices = [(false, "No", "smoker-no"), (true, "Yes", "smoker-yes")]
        .into_iter()
        .map(|(value, label, id)| {
            view! {
                <Choice
                    id
                    name="smoker"
                    label
                    chosen=Signal::derive(move || chosen.get() == Some(value))
                    on_choose=Callback::new(move |_| chosen.set(Some(value)))
                />
            }
        })
        .collect_view();
    view! { <div class="choices choices-inline">{choices}</div> }.erase()
}

/// The JSON spelling of an answer.
fn spelling<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}
