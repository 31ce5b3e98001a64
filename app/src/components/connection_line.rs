//! The state of the connection, prominent only when it is not live.

use leptos::prelude::*;

use crate::erased::Erase;
use crate::logic::connection::ConnectionState;
use crate::state::use_store;

/// One line. `data-connection` carries the state for programs.
#[component]
pub fn ConnectionLine() -> impl IntoView {
    let connection = use_store().connection;
    view! {
        <p class="connection" role="status" data-connection=move || connection.get().as_str()>
            <span class="connection-dot" aria-hidden="true"></span>
            <span>
                {move || match connection.get() {
                    // The normal states need no announcement.
                    ConnectionState::Idle | ConnectionState::Connecting => "",
                    state => state.text(),
                }}
            </span>
        </p>
    }
    .erase_fixed()
}
