//! The outbox: messages that the local notifier stored instead of sending them. Only the embedded stack has it.

use leptos::prelude::*;

use super::not_found::NotFound;
use super::page_frame::PageFrame;
use super::title::set_title;
use crate::boot::OtherPages;
use crate::erased::Erase;
use crate::logic::text;

/// `/outbox`.
#[component]
pub fn OutboxPage() -> impl IntoView {
    let messages = expect_context::<OtherPages>().outbox();
    let Some(messages) = messages else { return view! { <NotFound /> }.erase() };
    set_title("Outbox");
    let empty = messages.is_empty();
    let messages = messages
        .into_iter()
        .map(|message| {
            let id = format!("message-{}", message.event_id);
            let to = message.to.unwrap_or_else(|| message.audience.clone());
            view! {
                <li>
                    <article class="panel message" aria-labelledby=id.clone() data-audience=message.audience>
                        <h2 class="panel-title" id=id.clone()>{message.subject}</h2>
                        <p class="hint">
                            <time datetime=message.at.clone()>{text::moment(&message.at)}</time>
                            ", to "
                            <span class="breakable">{to}</span>
                        </p>
                        <pre class="message-text">{message.body}</pre>
                    </article>
                </li>
            }
        })
        .collect_view();
    view! {
        <PageFrame>
            <div class="page-narrow" data-page="outbox">
                <h1 class="page-title">"Outbox"</h1>
                <p class="lead">
                    "Messages to applicants, compliance and support. On this local set-up they are kept here instead \
                     of being sent."
                </p>
                {empty.then(|| view! { <p>"There are no messages yet."</p> })}
                <ol class="messages">{messages}</ol>
            </div>
        </PageFrame>
    }
    .erase()
}
