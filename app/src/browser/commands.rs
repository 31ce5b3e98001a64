//! The REST API: one function for each command.

use domain::api::{ConfirmFields, CustomerCreated, DocumentAccepted, Handoff, Selection, Snapshot};
use domain::document::DocumentKind;
use domain::event::UserInfo;
use domain::needs::Needs;
use gloo_net::http::Method;
use leptos::prelude::Set;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::http::send;
use super::upload::upload;
use crate::logic::failure::{Failure, SessionEnd};
use crate::state::{PageStore, Session};

/// A request body as JSON. Serialisation of these types does not fail.
fn json<T: Serialize>(body: &T) -> Result<Option<String>, Failure> {
    serde_json::to_string(body).map(Some).map_err(|_| Failure::Unreachable)
}

/// The body of a success. An unreadable body was written by a newer version.
fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|_| Failure::NewerVersion)
}

fn application(session: &Session, rest: &str) -> String {
    format!("/api/applications/{}{rest}", session.application_id)
}

/// Submits the applicant's details, which opens the session.
///
/// # Errors
/// [`Failure`], as for every command here.
pub async fn submit_user_info(info: UserInfo, key: Uuid) -> Result<CustomerCreated, Failure> {
    parse(&send(Method::POST, "/api/customers", Some(key), json(&info)?).await?)
}

/// Uploads a document.
pub async fn hand_in(
    session: Session,
    kind: DocumentKind,
    file: web_sys::File,
    key: Uuid,
    progress: impl Fn(u8) + 'static,
) -> Result<DocumentAccepted, Failure> {
    parse(&upload(&application(&session, "/documents"), key, kind, &file, progress).await?)
}

/// Creates a link for a phone.
pub async fn hand_over(session: Session) -> Result<Handoff, Failure> {
    parse(&send(Method::POST, &application(&session, "/handoff"), None, None).await?)
}

/// Confirms or corrects fields of a document.
pub async fn confirm_fields(session: Session, document: Uuid, fields: ConfirmFields) -> Result<(), Failure> {
    let path = application(&session, &format!("/documents/{document}"));
    send(Method::PATCH, &path, None, json(&fields)?).await.map(drop)
}

/// Starts the identity check again.
pub async fn check_again(session: Session, key: Uuid) -> Result<(), Failure> {
    send(Method::POST, &application(&session, "/kyc"), Some(key), None).await.map(drop)
}

/// Submits the needs. The policies arrive as an event, now or after the identity check.
pub async fn submit_needs(session: Session, needs: Needs, key: Uuid) -> Result<(), Failure> {
    send(Method::POST, &application(&session, "/recommendations"), Some(key), json(&needs)?).await.map(drop)
}

/// Chooses a policy.
pub async fn select(session: Session, selection: Selection, key: Uuid) -> Result<(), Failure> {
    send(Method::POST, &application(&session, "/selection"), Some(key), json(&selection)?).await.map(drop)
}

/// Fetches the snapshot and applies it. A failed connection changes nothing: the next attempt or event brings the
/// missing state.
pub async fn refresh(store: PageStore, session: &Session) {
    match snapshot(session).await {
        Ok(snapshot) => store.restore(snapshot),
        Err(Failure::NewerVersion) => store.newer_version.set(true),
        Err(failure) if failure.status().is_some_and(|status| matches!(status, 401 | 403 | 404)) => {
            store.session_end.set(Some(failure.session_end().unwrap_or(SessionEnd::Over)));
        }
        Err(_) => {}
    }
}

async fn snapshot(session: &Session) -> Result<Snapshot, Failure> {
    parse(&send(Method::GET, &application(session, ""), None, None).await?)
}

/// Ends the session on this device.
pub async fn leave() -> Result<(), Failure> {
    send(Method::DELETE, "/api/session", None, None).await.map(drop)
}
