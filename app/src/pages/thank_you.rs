//! The thank-you page: the chosen policy and the next steps.

use leptos::prelude::*;

use super::page_frame::PageFrame;
use super::title::set_title;
use crate::browser::dom;
use crate::components::{ConnectionLine, Icon, LeaveSession};
use crate::effect::effect;
use crate::erased::Erase;
use crate::logic::choice::selected;
use crate::logic::text;
use crate::state::use_store;

/// `/thank-you`.
#[component]
pub fn ThankYou() -> impl IntoView {
    set_title("Thank you");
    let store = use_store();
    let done = Memo::new(move |_| store.journey.with(|journey| journey.completed.is_some()));
    // The focused control of the journey's page no longer exists.
    effect(move |_| dom::focus_if_free("page-title"));
    view! {
        <PageFrame aside=|| view! { <ConnectionLine /> }>
            {move || if done.get() { view! { <Completed /> }.erase() } else { view! { <NotYet /> }.erase() }}
        </PageFrame>
    }
    .erase()
}

#[component]
fn Completed() -> impl IntoView {
    let store = use_store();
    move || {
        let (policy, completed, info) = store.journey.with(|journey| {
            (selected(journey).map(|policy| policy.name.clone()), journey.completed.clone(), journey.user_info.clone())
        });
        let reference =
            store.session.with(|session| session.as_ref().map(|session| session.application_id.to_string()));
        let (who, address) = info.map(|info| (info.full_name(), info.email)).unwrap_or_default();
        let policy = policy.or_else(|| completed.as_ref().map(|completed| completed.selected_policy_id.clone()));
        let price = completed.map(|completed| format!("{}, indicative", text::premium(&completed.premium)));
        view! {
            <div class="page-narrow" data-page="thank-you">
                <div class="done-mark">{Icon::Tick}</div>
                <h1 class="page-title" id="page-title" tabindex="-1">"Thank you. Your application is complete."</h1>
                <p class="lead">"You have nothing more to do today."</p>
                <section class="panel" aria-labelledby="chosen-title">
                    <h2 class="panel-title" id="chosen-title">"What you chose"</h2>
                    <dl class="facts">
                        <div><dt>"Policy"</dt><dd data-policy-name>{policy}</dd></div>
                        <div><dt>"Price"</dt><dd>{price}</dd></div>
                        <div><dt>"Insured person"</dt><dd>{who}</dd></div>
                        <div><dt>"Reference"</dt><dd class="breakable reference">{reference}</dd></div>
                    </dl>
                </section>
                <section class="panel" aria-labelledby="next-title">
                    <h2 class="panel-title" id="next-title">"What happens next"</h2>
                    <ol class="next-steps">
                        <li>
                            "We send a summary to " <strong class="breakable">{address}</strong>
                            ". If it is not there in a few minutes, look in your junk mail."
                        </li>
                        <li>"The insurer prepares your contract and confirms the price in it."</li>
                        <li>"You are insured from the day in the contract. Until you sign it, nothing is owed."</li>
                    </ol>
                </section>
                <p><a href="/">"Look at your application"</a></p>
                <LeaveSession />
            </div>
        }
    }
}

#[component]
fn NotYet() -> impl IntoView {
    view! {
        <div class="page-narrow">
            <h1 class="page-title" id="page-title" tabindex="-1">"Your application is not complete yet"</h1>
            <p class="lead">"When you have chosen a policy, this page tells you what happens next."</p>
            <p class="actions"><a class="button button-primary" href="/">"Go on with your application"</a></p>
        </div>
    }
    .erase()
}
