//! The live connection: a WebSocket that reconnects, and requests for the snapshot if events are missing.

use std::future::poll_fn;

use domain::api::ClientFrame;
use futures::channel::mpsc;
use futures::future::FutureExt;
use futures::{SinkExt, StreamExt, select, select_biased};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, State, WebSocketError};
use gloo_timers::future::TimeoutFuture;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::commands::refresh;
use super::dom::monotonic_ms;
use crate::logic::connection::{ConnectionSignal, Heartbeat, HeartbeatAction, backoff};
use crate::state::{PageStore, Reaction, Session};

/// The time-out of the opening handshake, in milliseconds.
const OPENING_MS: u32 = 10_000;

/// Keeps the page live: connects, resumes after the last known event, and reconnects until the page is closed.
pub fn start(store: PageStore, session: Session) {
    // One slot: two signals to check the connection cause one check.
    let (wake, woken) = mpsc::channel(1);
    let by_network = wake.clone();
    window_event_listener(ev::online, move |_| {
        store.connection_changed(ConnectionSignal::NetworkBack);
        _ = by_network.clone().try_send(());
    });
    window_event_listener(ev::offline, move |_| store.connection_changed(ConnectionSignal::NetworkGone));
    let by_sight = wake;
    window_event_listener_untyped("visibilitychange", move |_| {
        if !document().hidden() {
            _ = by_sight.clone().try_send(());
        }
    });
    spawn_local(run(store, session, woken));
}

async fn run(store: PageStore, session: Session, mut woken: mpsc::Receiver<()>) {
    let mut attempt = 0;
    while store.session_end.get_untracked().is_none() {
        store.connection_changed(ConnectionSignal::Trying);
        if !window().navigator().on_line() {
            store.connection_changed(ConnectionSignal::NetworkGone);
        }
        if run_connection(store, &session, &mut woken).await {
            attempt = 0;
        }
        store.connection_changed(ConnectionSignal::Lost);
        if attempt > 0 {
            // Some networks block WebSockets, so the page also polls. The request reports an ended session; a refused
            // socket does not.
            refresh(store, &session).await;
        }
        select! {
            () = TimeoutFuture::new(backoff(attempt, js_sys::Math::random())).fuse() => {}
            _ = woken.next() => attempt = 0,
        }
        attempt = attempt.saturating_add(1);
    }
}

/// Runs one connection until it is lost. Returns whether anything was received on it.
async fn run_connection(store: PageStore, session: &Session, woken: &mut mpsc::Receiver<()>) -> bool {
    let Some(mut socket) = address(store, session).and_then(|address| WebSocket::open(&address).ok()) else {
        return false;
    };
    // Ready both after a successful and after a failed handshake.
    let settled = select! {
        ready = poll_fn(|context| socket.poll_ready_unpin(context)).fuse() => ready.is_ok(),
        () = TimeoutFuture::new(OPENING_MS).fuse() => false,
    };
    // The answer to this first ping shows that the connection works.
    if !settled || !send_ping(&mut socket).await {
        return false;
    }
    let mut heard = false;
    let mut heart = Heartbeat::new(monotonic_ms());
    loop {
        let wait = match heart.next_action(monotonic_ms()) {
            HeartbeatAction::GiveUp => break,
            HeartbeatAction::Ping if send_ping(&mut socket).await => continue,
            HeartbeatAction::Ping => break,
            HeartbeatAction::Wait(ms) => ms as u32 + 1,
        };
        // Frames come first, because the last of them reports the loss of the connection.
        let wake = select_biased! {
            frame = socket.next().fuse() => WakeReason::Frame(frame),
            _ = woken.next() => WakeReason::Woken,
            () = TimeoutFuture::new(wait).fuse() => WakeReason::Silence,
        };
        match wake {
            WakeReason::Frame(Some(Ok(message))) => {
                heard = true;
                heart.heard(monotonic_ms());
                store.connection_changed(ConnectionSignal::Heard);
                if let Message::Text(text) = message
                    && store.receive_text(&text) == Reaction::FetchSnapshot
                {
                    refresh(store, session).await;
                }
            }
            WakeReason::Frame(Some(Err(_)) | None) => break,
            // The device woke up or changed its network: check at once whether this connection survived.
            WakeReason::Woken if send_ping(&mut socket).await => {}
            WakeReason::Woken => break,
            WakeReason::Silence => {}
        }
    }
    heard
}

/// The reason why a wait on an open connection ended.
enum WakeReason {
    Frame(Option<Result<Message, WebSocketError>>),
    Woken,
    Silence,
}

fn address(store: PageStore, session: &Session) -> Option<String> {
    let location = window().location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    let after = store.journey.with_untracked(|journey| journey.last_sequence);
    Some(format!("{scheme}://{}/ws?customerId={}&after={after}", location.host().ok()?, session.customer_id))
}

/// Sends a ping. A closed connection is not written to, because browsers log that as an error.
async fn send_ping(socket: &mut WebSocket) -> bool {
    let ping = serde_json::to_string(&ClientFrame::Status).unwrap_or_default();
    matches!(socket.state(), State::Open) && socket.send(Message::Text(ping)).await.is_ok()
}
