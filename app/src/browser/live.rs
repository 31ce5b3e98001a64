//! The live connection: one WebSocket that is opened again whenever it is lost, and a fetch for what it cannot bring.

use domain::api::{ClientFrame, ServerFrame};
use futures::channel::mpsc;
use futures::future::FutureExt;
use futures::stream::SplitSink;
use futures::{SinkExt, StreamExt, select};
use gloo_net::websocket::Message;
use gloo_net::websocket::futures::WebSocket;
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
    let Some(socket) = address(store, session).and_then(|address| WebSocket::open(&address).ok()) else {
        return false;
    };
    let (mut out, mut frames) = socket.split();
    // Sending waits for the opening; the answer shows that somebody is there.
    let opened = select! {
        sent = ask(&mut out).fuse() => sent,
        () = TimeoutFuture::new(OPENING_MS).fuse() => false,
    };
    if !opened {
        return false;
    }
    let mut heard = false;
    let mut heart = Heartbeat::new(now_ms());
    loop {
        let wait = match heart.beat(now_ms()) {
            Beat::GiveUp => break,
            Beat::Ask if ask(&mut out).await => continue,
            Beat::Ask => break,
            Beat::Wait(ms) => ms as u32 + 1,
        };
        select! {
            frame = frames.next().fuse() => match frame {
                Some(Ok(message)) => {
                    heard = true;
                    heart.heard(now_ms());
                    store.signal(ConnectionSignal::Heard);
                    if let Message::Text(text) = message
                        && receive(store, &text) == Reaction::Fetch
                    {
                        refresh(store, session).await;
                    }
                }
                Some(Err(_)) | None => break,
            },
            () = TimeoutFuture::new(wait).fuse() => {}
            // The device woke up, or has another network: find out now whether this connection survived it.
            _ = woken.next() => if !ask(&mut out).await { break },
        }
    }
    heard
}

fn address(store: Store, session: &Session) -> Option<String> {
    let location = window().location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    let after = store.journey.with_untracked(|journey| journey.last_sequence);
    Some(format!("{scheme}://{}/ws?customerId={}&after={after}", location.host().ok()?, session.customer_id))
}

async fn ask(out: &mut SplitSink<WebSocket, Message>) -> bool {
    let question = serde_json::to_string(&ClientFrame::Status).unwrap_or_default();
    out.send(Message::Text(question)).await.is_ok()
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
