//! Hand over to a phone: a link that works once and for a short time, and the phone that used it.
//!
//! The link names the customer and carries a secret of 256 bits, of which only the hash is kept: on the application, so that
//! its version decides between two who use the link at the same time, and a newer link ends an older one.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::event::{ApplicationId, Stage};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::process_documents::documents_open;
use super::{Change, CommandError, Commands};
use crate::store::{Application, Handoff, Phone};

/// How long a link works.
pub const LINK: SignedDuration = SignedDuration::from_mins(10);

/// How long the phone's session lasts.
pub const PHONE: SignedDuration = SignedDuration::from_hours(1);

/// How many links one application may make. More than anybody needs; each is a write.
const MAX_HANDOFFS: u32 = 50;

/// What a link carries: whose it is, and its secret. Written as 64 letters of URL-safe base64.
#[derive(Clone, Copy)]
pub struct Token {
    customer_id: Uuid,
    secret: [u8; 32],
}

/// Never the secret: a token's place is in the link and nowhere else.
impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Token").field("customer_id", &self.customer_id).finish_non_exhaustive()
    }
}

impl Token {
    /// The token of a customer with this secret, which must be random.
    pub fn new(customer_id: Uuid, secret: [u8; 32]) -> Self {
        Self { customer_id, secret }
    }

    /// As links have it.
    pub fn text(&self) -> String {
        let mut bytes = [0; 48];
        bytes[..16].copy_from_slice(self.customer_id.as_bytes());
        bytes[16..].copy_from_slice(&self.secret);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// From a link; none where it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 48];
        // A longer text does not fit, a shorter one does not fill.
        if BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()? != bytes.len() {
            return None;
        }
        let (customer, secret) = bytes.split_first_chunk::<16>()?;
        Some(Self { customer_id: Uuid::from_bytes(*customer), secret: secret.try_into().ok()? })
    }

    /// Whose application it opens to a phone.
    pub fn customer_id(&self) -> Uuid {
        self.customer_id
    }

    fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.secret))
    }

    /// Whether it is the one that is `kept`, and works at `now`.
    fn works(&self, kept: Option<&Handoff>, now: Timestamp) -> bool {
        kept.is_some_and(|kept| now < kept.expires && kept.hash == self.hash())
    }
}

impl Commands {
    /// Makes a link for a phone, which ends any that was made before. Returns its token and when it ends.
    ///
    /// # Errors
    /// [`CommandError::Conflict`] where no documents are taken any more, or too many links were made;
    /// [`CommandError::NotFound`]; store errors.
    pub async fn hand_over(&self, id: &ApplicationId) -> Result<(Token, Timestamp), CommandError> {
        let token = Token::new(id.customer_id(), rand::random());
        let expires = self
            .change(id, Stage::ProcessDocuments, |application, now| {
                documents_open(application)?;
                offer(application, &token, now).map(Change::State)
            })
            .await?;
        Ok((token, expires))
    }

    /// Whether a link works now. Changes nothing, since programs that look at links also ask this.
    ///
    /// # Errors
    /// [`CommandError::Store`].
    pub async fn handoff_works(&self, token: &Token) -> Result<bool, CommandError> {
        let Some(id) = self.context.store.application_of(token.customer_id).await? else { return Ok(false) };
        let application = self.context.store.application(&id).await?;
        let now = self.context.clock.now();
        Ok(application.is_some_and(|application| token.works(application.handoff.as_ref(), now)))
    }

    /// Uses a link up. Returns when the phone's session ends; none where the link does not work, for whatever reason.
    ///
    /// # Errors
    /// Store errors.
    pub async fn redeem_handoff(&self, token: &Token) -> Result<Option<Timestamp>, CommandError> {
        let Some(id) = self.context.store.application_of(token.customer_id).await? else { return Ok(None) };
        let request = Uuid::now_v7();
        let redeemed = self
            .change(&id, Stage::ProcessDocuments, |application, now| {
                Ok(match redeem(application, token, request, now) {
                    Redeemed::Now(until) => Change::State(Some(until)),
                    Redeemed::Before(until) => Change::None(Some(until)),
                    Redeemed::Refused => Change::None(None),
                })
            })
            .await;
        match redeemed {
            Err(CommandError::NotFound) => Ok(None),
            redeemed => redeemed,
        }
    }

    /// Whether a phone's session that ends at `until` is that of the phone that may hand in documents: another one may have come after
    /// it, or the session that made its link has ended.
    ///
    /// # Errors
    /// [`CommandError::Store`].
    pub async fn is_phone(&self, customer_id: Uuid, until: Timestamp) -> Result<bool, CommandError> {
        let Some(id) = self.context.store.application_of(customer_id).await? else { return Ok(false) };
        let application = self.context.store.application(&id).await?;
        Ok(application.and_then(|application| application.phone).is_some_and(|phone| same(&phone, until)))
    }

    /// Ends the session of a phone that helps a customer, and the link that waits for one.
    ///
    /// # Errors
    /// Store errors.
    pub async fn end_handoff(&self, customer_id: Uuid) -> Result<(), CommandError> {
        let Some(id) = self.context.store.application_of(customer_id).await? else { return Ok(()) };
        self.change(&id, Stage::ProcessDocuments, |application, _| {
            let (phone, link) = (application.phone.take(), application.handoff.take());
            Ok(if phone.is_some() || link.is_some() { Change::State(()) } else { Change::None(()) })
        })
        .await
    }

    /// The phone whose session ends at `until` is done: its page says so no more. One that came after it stays.
    ///
    /// # Errors
    /// Store errors.
    pub async fn let_phone_go(&self, customer_id: Uuid, until: Timestamp) -> Result<(), CommandError> {
        let Some(id) = self.context.store.application_of(customer_id).await? else { return Ok(()) };
        self.change(&id, Stage::ProcessDocuments, |application, _| {
            Ok(if let_go(application, until) { Change::State(()) } else { Change::None(()) })
        })
        .await
    }
}

/// Takes the phone off the application if it is the one.
fn let_go(application: &mut Application, until: Timestamp) -> bool {
    application.phone.take_if(|phone| same(phone, until)).is_some()
}

/// Whether it is the phone whose session ends at `until`, by which two of them are told apart. Cookies carry whole seconds.
fn same(phone: &Phone, until: Timestamp) -> bool {
    phone.until.as_second() == until.as_second()
}

fn offer(application: &mut Application, token: &Token, now: Timestamp) -> Result<Timestamp, CommandError> {
    if application.handoffs >= MAX_HANDOFFS {
        return Err(CommandError::Conflict {
            code: "too_many_handoffs",
            detail: "Many links for a phone were made. Hand in the documents on this device.",
        });
    }
    application.handoffs += 1;
    let expires = now.saturating_add(LINK).unwrap_or(now);
    application.handoff = Some(Handoff { hash: token.hash(), expires });
    Ok(expires)
}

#[derive(Debug, PartialEq, Eq)]
enum Redeemed {
    /// The link is used up by this.
    Now(Timestamp),
    /// It was by this same request, whose answer did not come back from the store.
    Before(Timestamp),
    /// It does not work.
    Refused,
}

fn redeem(application: &mut Application, token: &Token, request: Uuid, now: Timestamp) -> Redeemed {
    if let Some(phone) = application.phone.as_ref().filter(|phone| phone.request == request) {
        return Redeemed::Before(phone.until);
    }
    if !token.works(application.handoff.as_ref(), now) {
        return Redeemed::Refused;
    }
    let mut until = now.saturating_add(PHONE).unwrap_or(now);
    if application.phone.as_ref().is_some_and(|before| same(before, until)) {
        until = until.saturating_add(SignedDuration::from_secs(1)).unwrap_or(until);
    }
    application.handoff = None;
    application.phone = Some(Phone { request, until });
    Redeemed::Now(until)
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

    fn token(of: u8) -> Token {
        Token::new(CUSTOMER, [of; 32])
    }

    #[test]
    fn a_token_is_read_as_it_was_written_and_nothing_else_is() {
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
    fn a_token_does_not_print_its_secret_nor_keep_it() {
        let mut application = application();
        offer(&mut application, &token(201), at(0)).unwrap();
        let kept = format!("{:?}{:?}", application, token(201));
        assert!(!kept.contains("201, 201") && !kept.contains(&token(201).text()) && !kept.contains(&"c9".repeat(32)));
    }

    #[test]
    fn a_link_works_once() {
        let mut application = application();
        assert_eq!(offer(&mut application, &token(1), at(0)).unwrap(), at(600));
        let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(redeem(&mut application, &token(1), first, at(1)), Redeemed::Now(at(3601)));
        assert_eq!(redeem(&mut application, &token(1), second, at(2)), Redeemed::Refused);
        assert_eq!(
            redeem(&mut application, &token(1), first, at(2)),
            Redeemed::Before(at(3601)),
            "asked again by itself"
        );
    }

    #[test]
    fn a_link_ends_with_its_time_and_with_the_next_one() {
        let mut application = application();
        offer(&mut application, &token(1), at(0)).unwrap();
        assert!(token(1).works(application.handoff.as_ref(), at(599)));
        assert_eq!(redeem(&mut application, &token(1), CUSTOMER, at(600)), Redeemed::Refused);
        offer(&mut application, &token(2), at(100)).unwrap();
        assert_eq!(redeem(&mut application, &token(1), CUSTOMER, at(101)), Redeemed::Refused);
        assert_eq!(redeem(&mut application, &token(3), CUSTOMER, at(101)), Redeemed::Refused);
        assert_eq!(redeem(&mut application, &token(2), CUSTOMER, at(101)), Redeemed::Now(at(3701)));
    }

    #[test]
    fn a_phone_that_is_done_takes_no_other_one_off() {
        let mut application = application();
        for (now, link) in [(0, 1), (0, 2)] {
            offer(&mut application, &token(link), at(now)).unwrap();
            redeem(&mut application, &token(link), Uuid::from_u128(link.into()), at(now));
        }
        assert!(!let_go(&mut application, at(3600)));
        assert!(application.phone.is_some());
        assert!(let_go(&mut application, at(3601)));
        assert_eq!(application.phone, None);
    }

    #[test]
    fn links_are_bounded() {
        let mut application = application();
        for _ in 0..MAX_HANDOFFS {
            offer(&mut application, &token(1), at(0)).unwrap();
        }
        assert!(matches!(offer(&mut application, &token(1), at(0)), Err(CommandError::Conflict { .. })));
    }
}
