//! Handoff: a link for a phone that works once and for a short time, and the session of the phone that used it.
//!
//! The link has the customer's identifier and a secret of 256 bits. Only the hash of the secret is stored, on the
//! application: its version decides between two phones that use the link at the same time, and a newer link replaces an
//! older one.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::event::{ApplicationId, Stage};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::process_documents::documents_open;
use super::sessions::is_same_session;
use super::{Change, CommandError, Commands};
use crate::store::{Application, Handoff, Phone};
use crate::telemetry::observe;

/// How long a link is valid.
pub const LINK_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// How long the phone's session lasts.
pub const PHONE_SESSION_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// The most links that an application may create. Applicants do not reach it; it limits writes.
const MAX_HANDOFFS: u32 = 50;

/// The content of a link: the customer's identifier and a secret, written as 64 characters of URL-safe base64.
#[derive(Clone, Copy)]
pub struct Token {
    customer_id: Uuid,
    secret: [u8; 32],
}

/// Omits the secret, so that logs cannot contain it.
impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Token").field("customer_id", &self.customer_id).finish_non_exhaustive()
    }
}

impl Token {
    /// A token with this secret, which must be random.
    pub fn new(customer_id: Uuid, secret: [u8; 32]) -> Self {
        Self { customer_id, secret }
    }

    /// The text in the link.
    pub fn text(&self) -> String {
        let mut bytes = [0; 48];
        bytes[..16].copy_from_slice(self.customer_id.as_bytes());
        bytes[16..].copy_from_slice(&self.secret);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Parses the text of a link. `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 48];
        // A longer text is an error of decoding; a shorter one decodes to fewer bytes.
        if BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()? != bytes.len() {
            return None;
        }
        let (customer, secret) = bytes.split_first_chunk::<16>()?;
        Some(Self { customer_id: Uuid::from_bytes(*customer), secret: secret.try_into().ok()? })
    }

    /// The customer whose application it opens to a phone.
    pub fn customer_id(&self) -> Uuid {
        self.customer_id
    }

    fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.secret))
    }

    /// Whether it belongs to the `stored` link, which is valid at `now`.
    fn is_valid(&self, stored: Option<&Handoff>, now: Timestamp) -> bool {
        stored.is_some_and(|stored| now < stored.expires && stored.hash == self.hash())
    }
}

impl Commands {
    /// Creates a link for a phone, which replaces an earlier one. Returns its token and when it expires.
    ///
    /// # Errors
    /// [`CommandError::Conflict`] if documents are no longer accepted or too many links were created;
    /// [`CommandError::NotFound`]; store errors.
    pub async fn hand_over(&self, id: &ApplicationId) -> Result<(Token, Timestamp), CommandError> {
        observe::command("hand_over", self.create_handoff(id)).await
    }

    async fn create_handoff(&self, id: &ApplicationId) -> Result<(Token, Timestamp), CommandError> {
        let token = Token::new(id.customer_id(), rand::random());
        let expires = self
            .change(id, Stage::ProcessDocuments, |application, now| {
                documents_open(application)?;
                create_link(application, &token, now).map(Change::State)
            })
            .await?;
        Ok((token, expires))
    }

    /// Whether a link is valid now. Changes nothing, because link previews open links too.
    ///
    /// # Errors
    /// [`CommandError::Store`].
    pub async fn is_handoff_valid(&self, token: &Token) -> Result<bool, CommandError> {
        let Some(id) = self.context.store.application_of(token.customer_id).await? else { return Ok(false) };
        let application = self.context.store.application(&id).await?;
        let now = self.context.clock.now();
        Ok(application.is_some_and(|application| token.is_valid(application.handoff.as_ref(), now)))
    }

    /// Redeems a link. Returns when the phone's session ends, or `None` if the link is not valid.
    ///
    /// # Errors
    /// Store errors.
    pub async fn redeem_handoff(&self, token: &Token) -> Result<Option<Timestamp>, CommandError> {
        observe::command("redeem_handoff", self.try_handoff(token)).await
    }

    async fn try_handoff(&self, token: &Token) -> Result<Option<Timestamp>, CommandError> {
        let Some(id) = self.context.store.application_of(token.customer_id).await? else { return Ok(None) };
        let request = Uuid::now_v7();
        let redeemed = self
            .change(&id, Stage::ProcessDocuments, |application, now| {
                Ok(match redeem(application, token, request, now) {
                    Redemption::Now(until) => Change::State(Some(until)),
                    Redemption::Repeated(until) => Change::None(Some(until)),
                    Redemption::Refused => Change::None(None),
                })
            })
            .await;
        match redeemed {
            Err(CommandError::NotFound) => Ok(None),
            redeemed => redeemed,
        }
    }
}

fn create_link(application: &mut Application, token: &Token, now: Timestamp) -> Result<Timestamp, CommandError> {
    if application.handoffs >= MAX_HANDOFFS {
        return Err(CommandError::Conflict {
            code: "too_many_handoffs",
            detail: "Many links for a phone were made. Hand in the documents on this device.",
        });
    }
    application.handoffs += 1;
    let expires = now.saturating_add(LINK_LIFETIME).unwrap_or(now);
    application.handoff = Some(Handoff { hash: token.hash(), expires });
    Ok(expires)
}

#[derive(Debug, PartialEq, Eq)]
enum Redemption {
    /// This request redeemed the link.
    Now(Timestamp),
    /// An earlier attempt of the same request redeemed it, but the store's answer was lost.
    Repeated(Timestamp),
    /// The link is not valid.
    Refused,
}

fn redeem(application: &mut Application, token: &Token, request: Uuid, now: Timestamp) -> Redemption {
    if let Some(phone) = application.phone.as_ref().filter(|phone| phone.request == request) {
        return Redemption::Repeated(phone.until);
    }
    if !token.is_valid(application.handoff.as_ref(), now) {
        return Redemption::Refused;
    }
    let mut until = now.saturating_add(PHONE_SESSION_LIFETIME).unwrap_or(now);
    if application.phone.as_ref().is_some_and(|previous| is_same_session(previous, until)) {
        // Two sessions must not end in the same second.
        until = until.saturating_add(SignedDuration::from_secs(1)).unwrap_or(until);
    }
    application.handoff = None;
    application.phone = Some(Phone { request, until });
    Redemption::Now(until)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::event::UserInfo;

    use super::*;

    const CUSTOMER: Uuid = Uuid::from_u128(7);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn application() -> Application {
        Application::open(ApplicationId::new(CUSTOMER, at(0)), UserInfo::default(), at(0))
    }

    fn token(byte: u8) -> Token {
        Token::new(CUSTOMER, [byte; 32])
    }

    #[test]
    fn token_round_trips_and_malformed_text_is_refused() {
        let written = token(9).text();
        assert_eq!(written.len(), 64);
        let read = Token::parse(&written).unwrap();
        assert_eq!((read.customer_id, read.secret), (CUSTOMER, [9; 32]));
        for other in [
            "",
            "x",
            &written[..60],
            &format!("{written}AAAA"),
            &written.replace('A', "+"),
            &format!("{}=", &written[..63]),
        ] {
            assert!(Token::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn secret_is_neither_printed_nor_stored() {
        let mut application = application();
        create_link(&mut application, &token(201), at(0)).unwrap();
        let printed = format!("{:?}{:?}", application, token(201));
        for secret in ["201, 201", &token(201).text(), &"c9".repeat(32)] {
            assert!(!printed.contains(secret), "{secret}");
        }
    }

    #[test]
    fn link_is_redeemed_once_and_the_same_request_may_repeat() {
        let mut application = application();
        assert_eq!(create_link(&mut application, &token(1), at(0)).unwrap(), at(600));
        let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(redeem(&mut application, &token(1), first, at(1)), Redemption::Now(at(3601)));
        assert_eq!(redeem(&mut application, &token(1), second, at(2)), Redemption::Refused);
        assert_eq!(
            redeem(&mut application, &token(1), first, at(2)),
            Redemption::Repeated(at(3601)),
            "repeated by the same request"
        );
    }

    #[test]
    fn link_expires_and_is_voided_by_a_newer_link() {
        let mut application = application();
        create_link(&mut application, &token(1), at(0)).unwrap();
        assert!(token(1).is_valid(application.handoff.as_ref(), at(599)));
        assert_eq!(redeem(&mut application, &token(1), CUSTOMER, at(600)), Redemption::Refused);
        create_link(&mut application, &token(2), at(100)).unwrap();
        assert_eq!(redeem(&mut application, &token(1), CUSTOMER, at(101)), Redemption::Refused);
        assert_eq!(redeem(&mut application, &token(3), CUSTOMER, at(101)), Redemption::Refused);
        assert_eq!(redeem(&mut application, &token(2), CUSTOMER, at(101)), Redemption::Now(at(3701)));
    }

    #[test]
    fn phones_of_the_same_second_have_different_sessions() {
        let mut application = application();
        let mut next = |link: u8| {
            create_link(&mut application, &token(link), at(0)).unwrap();
            redeem(&mut application, &token(link), Uuid::from_u128(link.into()), at(0))
        };
        assert_eq!(next(1), Redemption::Now(at(3600)));
        assert_eq!(next(2), Redemption::Now(at(3601)));
    }

    #[test]
    fn number_of_links_is_limited() {
        let mut application = application();
        for _ in 0..MAX_HANDOFFS {
            create_link(&mut application, &token(1), at(0)).unwrap();
        }
        assert!(matches!(create_link(&mut application, &token(1), at(0)), Err(CommandError::Conflict { .. })));
    }
}
