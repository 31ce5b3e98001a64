//! `GET /ws`: the WebSocket upgrade.

use axum::extract::rejection::QueryRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::api::FieldError;
use serde::Deserialize;
use uuid::Uuid;

use super::client_address::Client;
use super::session::{Scope, Session};
use super::{ApiError, AppState};
use crate::commands::Commands;
use crate::live::{self, ConnectedSocket, MAX_FRAME, MAX_UNSENT, SessionCheck};

/// The customer, and the last sequence that the client has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SocketQuery {
    customer_id: Uuid,
    #[serde(default)]
    after: u64,
}

/// Opens a socket for the session's own customer.
pub async fn open(
    State(state): State<AppState>,
    session: Session,
    client: Client,
    query: Result<Query<SocketQuery>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let malformed = |field: &str, message: &str| ApiError::Malformed(FieldError::new(field, "invalid", message));
    let Query(SocketQuery { customer_id, after }) =
        query.map_err(|_| malformed("customerId", "Give `customerId`, a UUID, and `after`, a sequence."))?;
    if customer_id != session.customer_id {
        return Err(ApiError::NotYours);
    }
    let upgrade = upgrade.map_err(|_| malformed("", "This address takes WebSocket upgrades (RFC 6455) only."))?;
    let of_client = match client {
        Client(Some(client)) => Some(state.clients.sockets.hold(client).ok_or(ApiError::TooManySockets)?),
        Client(None) => None,
    };
    let subscription = state.live.hub.join(customer_id, Uuid::now_v7())?;
    let live = state.live.clone();
    Ok(upgrade
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME)
        // The library's default of 128 KiB per socket exceeds the largest frame of a client.
        .read_buffer_size(MAX_FRAME)
        .max_write_buffer_size(MAX_UNSENT)
        .on_upgrade(async move |socket| {
            let _of_client = of_client;
            let phone = (session.scope == Scope::Documents).then(|| phone_check(state.commands, session));
            let connected = ConnectedSocket { subscription, after, expires: session.expires, phone };
            live::serve(live, connected, socket).await;
        }))
}

/// Checks whether a phone's session is still active. If the check fails, the socket stays open until the next one.
fn phone_check(commands: Commands, session: Session) -> SessionCheck {
    Box::new(move || {
        let commands = commands.clone();
        Box::pin(async move {
            let active = session.is_active(&commands).await;
            active.inspect_err(|error| tracing::warn!(%error, "phone session not checked")).ok()
        })
    })
}
