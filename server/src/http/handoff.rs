//! Handoff to a phone: the link, the page that it opens, and the button that redeems it.

use app::PhoneLink;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::SignedCookieJar;
use domain::api::{Handoff, Problem, QrCode};
use qrcode::{Color, EcLevel};

use super::attempts::Attempt;
use super::body::OwnApplication;
use super::session::{Scope, Session};
use super::{ApiError, AppState, pages, session};
use crate::commands::CommandError;
use crate::commands::handoff::{LINK_LIFETIME, Token};
use crate::live::Signal;

/// Width of a QR code's quiet zone, in modules (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;

/// Makes a link by which one phone may upload documents. The link works once, for ten minutes, and replaces earlier
/// links.
#[utoipa::path(
    post, path = "/api/applications/{id}/handoff", tag = "journey", params(("id" = String, Path)),
    responses(
        (status = 201, body = Handoff),
        (status = 409, description = "`identity_check_decided`, `too_many_handoffs`", body = Problem),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    OwnApplication { id, commands, .. }: OwnApplication,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<Handoff>), ApiError> {
    let (base, reachable) = base_url(&state.config.http.public_url, &headers);
    let (token, expires) = commands.hand_over(&id).await?;
    let url = format!("{base}{}/{}", pages::PHONE, token.text());
    let code = qr_code(&url).ok_or(ApiError::Internal)?;
    let valid_for_s = u32::try_from(LINK_LIFETIME.as_secs()).unwrap_or_default();
    let handoff = Handoff { url, expires_at: expires.to_string(), valid_for_s, reachable, code };
    Ok((StatusCode::CREATED, Json(handoff)))
}

/// Shows the page of a link. It does not redeem the link, because messengers and mail filters open links by themselves.
pub async fn show(State(state): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    let works = match Token::parse(&token) {
        Some(token) => state.commands.is_handoff_valid(&token).await,
        None => Ok(false),
    };
    match works {
        Ok(works) => link_page(&state, request, works).await,
        Err(error) => {
            tracing::error!(%error, "handoff link not looked up");
            pages::error_page(&state.leptos, StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// Redeems a link, and opens a documents session on the phone.
pub async fn redeem(
    State(state): State<AppState>,
    Path(token): Path<String>,
    before: Option<Session>,
    jar: SignedCookieJar,
    request: Request,
) -> Response {
    let Some(token) = Token::parse(&token) else { return link_page(&state, request, false).await };
    let customer_id = token.customer_id();
    // The device that made the link already has a session for everything, which the new cookie would replace.
    if let Some(own) = before.filter(|own| own.customer_id == customer_id && own.scope == Scope::Everything) {
        match own.is_active(&state.commands).await {
            Ok(true) => return Redirect::to("/").into_response(),
            Ok(false) => {}
            Err(error) => return not_redeemed(&state, &error),
        }
    }
    match state.commands.redeem_handoff(&token).await {
        Ok(Some(until)) => {
            // Notifies the page that shows the code; that page also polls.
            state.live.fan_out.deliver(customer_id, &Signal::Resync).await;
            let cookie =
                session::phone_cookie(customer_id, state.commands.context.clock.now(), until, state.config.https());
            (session::set(jar, cookie), Redirect::to(pages::PHONE)).into_response()
        }
        Ok(None) => link_page(&state, request, false).await,
        Err(error) => not_redeemed(&state, &error),
    }
}

fn not_redeemed(state: &AppState, error: &CommandError) -> Response {
    tracing::error!(%error, "handoff link not redeemed");
    pages::error_page(&state.leptos, StatusCode::SERVICE_UNAVAILABLE)
}

/// Renders one page for a valid link and one for all others, so that nobody learns whether a link ever existed.
async fn link_page(state: &AppState, mut request: Request, works: bool) -> Response {
    // Pages are rendered for GET only; a POST shows the same page.
    *request.method_mut() = axum::http::Method::GET;
    let mut response = pages::phone_link(state, request, PhoneLink(works)).await;
    if !works {
        Attempt::PhoneLink.record();
        *response.status_mut() = StatusCode::GONE;
    }
    response.headers_mut().insert("x-robots-tag", HeaderValue::from_static("noindex"));
    response
}

/// The base URL of the link, and whether another device can probably reach it.
///
/// If no public URL is configured, the request's `Host` header is used, for instance an address in the local network.
/// That is safe because the link is returned to the same client only.
fn base_url(public_url: &str, headers: &HeaderMap) -> (String, bool) {
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

/// `url` as a QR code, drawn as an SVG path with one rectangle per horizontal run of dark modules.
fn qr_code(url: &str) -> Option<QrCode> {
    // Level M tolerates damage to 15 % of the code, for instance by a reflection on the screen.
    let code = qrcode::QrCode::with_error_correction_level(url, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|left, right| left == right) {
            if run.first() == Some(&Color::Dark) {
                path.push_str(&format!("M{} {}h{}v1h-{}z", x + QUIET_ZONE, y + QUIET_ZONE, run.len(), run.len()));
            }
            x += run.len();
        }
    }
    Some(QrCode { size: u32::try_from(width + 2 * QUIET_ZONE).ok()?, path })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn link_uses_public_url_or_host_header() {
        let mut headers = HeaderMap::new();
        headers.insert("host", "192.168.1.5:3000".parse().unwrap());
        assert_eq!(base_url("", &headers), ("http://192.168.1.5:3000".into(), true));
        assert_eq!(base_url("https://onboard.example/", &headers), ("https://onboard.example".into(), true));
        assert_eq!(base_url("https://localhost:8443", &headers), ("https://localhost:8443".into(), false));
        headers.insert("host", "127.0.0.1:3000".parse().unwrap());
        assert_eq!(base_url("", &headers), ("http://127.0.0.1:3000".into(), false));
        assert_eq!(base_url("", &HeaderMap::new()), ("http://localhost".into(), false));
    }

    #[test]
    fn path_draws_the_dark_modules_inside_the_quiet_zone() {
        let url = "https://onboard.example/phone/0123456789";
        let drawn = qr_code(url).unwrap();
        let plain = qrcode::QrCode::with_error_correction_level(url, EcLevel::M).unwrap();
        assert_eq!(drawn.size as usize, plain.width() + 8);
        let mut dark = std::collections::BTreeSet::new();
        for run in drawn.path.split('M').skip(1) {
            let (place, rest) = run.split_once('h').unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            let length: usize = rest.split_once('v').unwrap().0.parse().unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            dark.extend((0..length).map(|step| (x + step - QUIET_ZONE, y - QUIET_ZONE)));
        }
        let colors = plain.to_colors();
        let wanted =
            (0..colors.len()).filter(|i| colors[*i] == Color::Dark).map(|i| (i % plain.width(), i / plain.width()));
        assert_eq!(dark, wanted.collect());
    }
}
