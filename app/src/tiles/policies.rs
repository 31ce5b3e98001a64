//! The policies that fit, best first, and the reasons against the others.

use domain::event::{PolicyRecommended, Recommendation};
use domain::journey::Tile;
use leptos::prelude::*;

use crate::boot::{ProductText, use_products};
use crate::browser::dom;
use crate::components::{Icon, ScoreBar};
use crate::erased::Erase;
use crate::logic::text;
use crate::state::use_store;

/// The top five as cards.
#[component]
pub fn Policies(
    /// The recommendations.
    recommended: PolicyRecommended,
) -> impl IntoView {
    let PolicyRecommended { recommendations, excluded } = recommended;
    if recommendations.is_empty() {
        return view! {
            <p>
                "No policy of ours fits your answers; the reasons stand below. Nothing was bought, and nothing \
                 is owed."
            </p>
            <ExcludedPolicies excluded />
        }
        .erase();
    }
    let mut products = use_products().read();
    let cards = recommendations
        .into_iter()
        .enumerate()
        .map(|(at, policy)| {
            let text = products.remove(&policy.policy_id);
            view! { <Card policy text best=at == 0 /> }
        })
        .collect_view();
    view! {
        <p class="hint">
            "The score, from 0 to 100, says how well a policy fits your answers. Prices are indicative: the insurer \
             confirms yours in the contract."
        </p>
        <ol class="cards">{cards}</ol>
        <ExcludedPolicies excluded />
    }
    .erase()
}

/// One policy.
#[component]
fn Card(policy: Recommendation, text: Option<ProductText>, best: bool) -> impl IntoView {
    let store = use_store();
    let Recommendation { policy_id, name, fit_score, reasons, premium } = policy;
    let title_id = format!("policy-{policy_id}");
    let (mine, id) = (policy_id.clone(), policy_id.clone());
    let chosen = Memo::new(move |_| store.choice.with(|choice| choice.as_deref() == Some(mine.as_str())));
    let open = Memo::new(move |_| store.journey.with(|journey| journey.completed.is_none()));
    let choose = move |_| {
        store.choice.set(Some(id.clone()));
        dom::focus(format!("tile-{}-title", Tile::Confirm.number()));
    };
    let label = name.clone();
    let covers = text.as_ref().map(|text| {
        let lines = text.covers.iter().map(|line| view! { <li>{line.clone()}</li> }).collect_view();
        view! { <ul class="covers">{lines}</ul> }
    });
    let reasons = reasons.into_iter().map(|reason| view! { <li>{reason}</li> }).collect_view();
    view! {
        <li>
            <article
                class="card"
                class:card-chosen=move || chosen.get()
                aria-labelledby=title_id.clone()
                data-policy=policy_id
            >
                {best.then(|| view! { <p class="card-best">"Fits you best"</p> })}
                <header class="card-head">
                    <h3 class="card-title" id=title_id.clone()>{name}</h3>
                    <p class="price">
                        <strong class="price-sum">{text::money(premium.monthly_cents, &premium.currency)}</strong>
                        <span class="price-note">"a month, indicative"</span>
                    </p>
                </header>
                {text.map(|text| view! { <p class="card-text">{text.summary}</p> })}
                {covers}
                <ScoreBar score=fit_score />
                <details class="more">
                    <summary>"Why this score"</summary>
                    <ul class="reasons">{reasons}</ul>
                </details>
                <Show when=move || open.get()>
                    <button
                        type="button"
                        class="button card-choose"
                        disabled=move || !store.hydrated.get()
                        aria-pressed=move || chosen.get().to_string()
                        on:click=choose.clone()
                    >
                        {move || chosen.get().then(|| Icon::Tick.into_render())}
                        <span>{move || if chosen.get() { "Chosen" } else { "Choose" }}</span>
                        <span class="visually-hidden">{format!(" {label}")}</span>
                    </button>
                </Show>
            </article>
        </li>
    }
    .erase()
}

/// The excluded policies, with the reasons.
#[component]
fn ExcludedPolicies(excluded: Vec<domain::event::Excluded>) -> impl IntoView {
    (!excluded.is_empty()).then(|| {
        let lines = excluded.into_iter().map(|other| view! { <li>{other.reason}</li> }).collect_view();
        view! {
            <details class="more others">
                <summary>"Why not the others"</summary>
                <ul class="reasons">{lines}</ul>
            </details>
        }
    })
}
