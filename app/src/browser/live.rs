//! The live connection: one WebSocket that is opened again whenever it is lost, and a fetch for what it cannot bring.

use std::future::poll_fn;

use domain::api::{ClientFrame, ServerFrame};
use futures::channel::mpsc;
use futures::future::FutureExt;
use futures::{SinkExt, StreamExt, select, select_biased};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, State, WebSocketError};
use gloo_timers::future::TimeoutFuture;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::commands;
use super::page::now_ms;
use crate::logic::connection::{Beat, ConnectionSignal, Heartbeat, backoff};
use crate::state::{Reaction, Session, Store};

/// How long opening a connection may take, in milliseconds.
const OPENING_MS: u32 = 10_000;

/// Keeps the page live from now on: connects, resumes from the last event known, and reconnects until the page goes.
pub fn start(store: Store, session: Session) {
    // One slot: being told twice to look again means looking once.
    let (wake, woken) = mpsc::channel(1);
    let by_network = wake.clone();
    window_event_listener(ev::online, move |_| {
        store.signal(ConnectionSignal::NetworkBack);
        _ = by_network.clone().try_send(());
    });
    window_event_listener(ev::offline, move |_| store.signal(ConnectionSignal::NetworkGone));
    let by_sight = wake;
    window_event_listener_untyped("visibilitychange", move |_| {
        if !document().hidden() {
            _ = by_sight.clone().try_send(());
        }
    });
    spawn_local(run(store, session, woken));
}

async fn run(store: Store, session: Session, mut woken: mpsc::Receiver<()>) {
    let mut attempt = 0;
    while !store.session_over.get_untracked() {
        store.signal(ConnectionSignal::Trying);
        if !window().navigator().on_line() {
            store.signal(ConnectionSignal::NetworkGone);
        }
        if converse(store, &session, &mut woken).await {
            attempt = 0;
        }
        store.signal(ConnectionSignal::Lost);
        if attempt > 0 {
            // Some networks let no WebSocket through: the page then goes on by asking. It also tells whether the
            // session is over, which a refused socket does not.
            refresh(store, &session).await;
        }
        select! {
            () = TimeoutFuture::new(backoff(attempt, js_sys::Math::random())).fuse() => {}
            _ = woken.next() => attempt = 0,
        }
        attempt = attempt.saturating_add(1);
    }
}

/// One connection, from opening to loss. Returns whether the server was heard on it.
async fn converse(store: Store, session: &Session, woken: &mut mpsc::Receiver<()>) -> bool {
    let Some(mut socket) = address(store, session).and_then(|address| WebSocket::open(&address).ok()) else {
        return false;
    };
    // Ready when it opened, and when it could not.
    let settled = select! {
        ready = poll_fn(|context| socket.poll_ready_unpin(context)).fuse() => ready.is_ok(),
        () = TimeoutFuture::new(OPENING_MS).fuse() => false,
    };
    // The answer shows that somebody is there.
    if !settled || !ask(&mut socket).await {
        return false;
    }
    let mut heard = false;
    let mut heart = Heartbeat::new(now_ms());
    loop {
        let wait = match heart.beat(now_ms()) {
            Beat::GiveUp => break,
            Beat::Ask if ask(&mut socket).await => continue,
            Beat::Ask => break,
            Beat::Wait(ms) => ms as u32 + 1,
        };
        // Frames first: the last of them says that the connection is gone.
        let news = select_biased! {
            frame = socket.next().fuse() => News::Frame(frame),
            _ = woken.next() => News::Woken,
            () = TimeoutFuture::new(wait).fuse() => News::Silence,
        };
        match news {
            News::Frame(Some(Ok(message))) => {
                heard = true;
                heart.heard(now_ms());
                store.signal(ConnectionSignal::Heard);
                if let Message::Text(text) = message
                    && receive(store, &text) == Reaction::Fetch
                {
                    refresh(store, session).await;
                }
            }
            News::Frame(Some(Err(_)) | None) => break,
            // The device woke up, or has another network: find out now whether this connection survived it.
            News::Woken if ask(&mut socket).await => {}
            News::Woken => break,
            News::Silence => {}
        }
    }
    heard
}

/// What ends a wait on an open connection.
enum News {
    Frame(Option<Result<Message, WebSocketError>>),
    Woken,
    Silence,
}

fn address(store: Store, session: &Session) -> Option<String> {
    let location = window().location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    let after = store.journey.with_untracked(|journey| journey.last_sequence);
    Some(format!("{scheme}://{}/ws?customerId={}&after={after}", location.host().ok()?, session.customer_id))
}

/// Asks for a sign of life. A connection that is closed already is not written to: browsers call that an error.
async fn ask(socket: &mut WebSocket) -> bool {
    let question = serde_json::to_string(&ClientFrame::Status).unwrap_or_default();
    matches!(socket.state(), State::Open) && socket.send(Message::Text(question)).await.is_ok()
}

/// Takes in a frame. One that this build does not know was written by a newer server: the snapshot it does know.
fn receive(store: Store, text: &str) -> Reaction {
    serde_json::from_str::<ServerFrame>(text).map_or(Reaction::Fetch, |frame| store.receive(frame))
}

async fn refresh(store: Store, session: &Session) {
    match commands::snapshot(session).await {
        Ok(snapshot) => store.restore(snapshot),
        Err(failure) if failure.status().is_some_and(|status| matches!(status, 401 | 403 | 404)) => {
            store.session_over.set(true)
        }
        // The next attempt, or the next event, brings it.
        Err(_) => {}
    }
}
