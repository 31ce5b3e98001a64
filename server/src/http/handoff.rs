//! Hand over to a phone: the link, the page that it opens, and the press of a button that uses it up.

use app::PhoneLink;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::SignedCookieJar;
use domain::api::{Handoff, Problem, QrCode};
use qrcode::{Color, EcLevel};

use super::body::OwnApplication;
use super::session::{Scope, Session};
use super::{ApiError, AppState, pages, session};
use crate::commands::handoff::{LINK, Token};
use crate::live::Signal;

/// How wide the white edge of a QR code must be, in modules (ISO/IEC 18004).
const QUIET: usize = 4;

/// Makes a link by which one phone may hand in documents, for ten minutes and once. It ends every link made before.
#[utoipa::path(
    post, path = "/api/applications/{id}/handoff", tag = "journey", params(("id" = String, Path)),
    responses(
        (status = 201, body = Handoff),
        (status = 409, description = "`identity_check_decided`, `too_many_handoffs`", body = Problem),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    OwnApplication(id): OwnApplication,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<Handoff>), ApiError> {
    let (base, reachable) = base(&state.config.http.public_url, &headers);
    let (token, expires) = state.commands.hand_over(&id).await?;
    let url = format!("{base}{}/{}", pages::PHONE, token.text());
    let code = code(&url).ok_or(ApiError::Internal)?;
    let valid_for_s = u32::try_from(LINK.as_secs()).unwrap_or_default();
    let handoff = Handoff { url, expires_at: expires.to_string(), valid_for_s, reachable, code };
    Ok((StatusCode::CREATED, Json(handoff)))
}

/// What a link leads to. Looking at it changes nothing: messengers and mail filters open links by themselves.
pub async fn look(State(state): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    let works = match Token::parse(&token) {
        Some(token) => state.commands.handoff_works(&token).await,
        None => Ok(false),
    };
    match works {
        Ok(works) => shown(&state, request, works).await,
        Err(error) => {
            tracing::error!(%error, "a link for a phone cannot be looked up");
            pages::trouble(&state.leptos, StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// Uses a link up, and opens a session for documents on the phone that did.
pub async fn redeem(
    State(state): State<AppState>,
    Path(token): Path<String>,
    before: Option<Session>,
    jar: SignedCookieJar,
    request: Request,
) -> Response {
    let Some(token) = Token::parse(&token) else { return shown(&state, request, false).await };
    let customer_id = token.customer_id();
    // Opened on the device where it was made: there, more is allowed already, and would be lost.
    if before.is_some_and(|own| own.customer_id == customer_id && own.scope == Scope::Everything) {
        return Redirect::to("/").into_response();
    }
    match state.commands.redeem_handoff(&token).await {
        Ok(Some(until)) => {
            // The page that shows the code learns that it was used; it also asks from time to time.
            state.live.fan_out.deliver(customer_id, &Signal::Resync).await;
            let cookie = session::phone_cookie(customer_id, state.commands.clock.now(), until, state.config.https());
            (jar.add(cookie), Redirect::to(pages::PHONE)).into_response()
        }
        Ok(None) => shown(&state, request, false).await,
        Err(error) => {
            tracing::error!(%error, "a link for a phone cannot be used");
            pages::trouble(&state.leptos, StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// One page for a link that works, and one for all others: expired, used, replaced and never made are the same.
async fn shown(state: &AppState, mut request: Request, works: bool) -> Response {
    // The page is the same whatever the method was, and pages are rendered for those who look.
    *request.method_mut() = axum::http::Method::GET;
    let mut response = pages::phone_link(state, request, PhoneLink(works)).await;
    if !works {
        *response.status_mut() = StatusCode::GONE;
    }
    response.headers_mut().insert("x-robots-tag", HeaderValue::from_static("noindex"));
    response
}

/// The address that the phone is to open, without a path, and whether another device can reach it as far as can be told.
///
/// Where no address is configured, it is the one by which the page was asked for, in the local network for instance: it goes
/// back to who asked, and to nobody else.
fn base(public_url: &str, headers: &HeaderMap) -> (String, bool) {
    let base = match public_url {
        "" => {
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
            format!("http://{host}")
        }
        url => url.trim_end_matches('/').to_owned(),
    };
    let host = base.split_once("://").map_or(base.as_str(), |(_, rest)| rest);
    let reachable = !pages::is_loopback(host.split('/').next().unwrap_or_default());
    (base, reachable)
}

/// `url` as a drawing, a run of dark modules at a time.
fn code(url: &str) -> Option<QrCode> {
    // M: read with up to 15 % of it hidden, as by a reflection on the screen.
    let code = qrcode::QrCode::with_error_correction_level(url, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|left, right| left == right) {
            if run.first() == Some(&Color::Dark) {
                path.push_str(&format!("M{} {}h{}v1h-{}z", x + QUIET, y + QUIET, run.len(), run.len()));
            }
            x += run.len();
        }
    }
    Some(QrCode { size: u32::try_from(width + 2 * QUIET).ok()?, path })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_where_people_reach_the_server() {
        let mut headers = HeaderMap::new();
        headers.insert("host", "192.168.1.5:3000".parse().unwrap());
        assert_eq!(base("", &headers), ("http://192.168.1.5:3000".into(), true));
        assert_eq!(base("https://onboard.example/", &headers), ("https://onboard.example".into(), true));
        assert_eq!(base("https://localhost:8443", &headers), ("https://localhost:8443".into(), false));
        headers.insert("host", "127.0.0.1:3000".parse().unwrap());
        assert_eq!(base("", &headers), ("http://127.0.0.1:3000".into(), false));
        assert_eq!(base("", &HeaderMap::new()), ("http://localhost".into(), false));
    }

    /// The dark modules that the path draws are those of the code, within its quiet zone.
    #[test]
    fn the_drawing_is_the_code() {
        let url = "https://onboard.example/phone/0123456789";
        let drawn = code(url).unwrap();
        let plain = qrcode::QrCode::with_error_correction_level(url, EcLevel::M).unwrap();
        assert_eq!(drawn.size as usize, plain.width() + 8);
        let mut dark = std::collections::BTreeSet::new();
        for run in drawn.path.split('M').skip(1) {
            let (place, rest) = run.split_once('h').unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            let length: usize = rest.split_once('v').unwrap().0.parse().unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            dark.extend((0..length).map(|step| (x + step - QUIET, y - QUIET)));
        }
        let colors = plain.to_colors();
        let wanted =
            (0..colors.len()).filter(|i| colors[*i] == Color::Dark).map(|i| (i % plain.width(), i / plain.width()));
        assert_eq!(dark, wanted.collect());
    }
}
