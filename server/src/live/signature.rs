//! Signatures of requests between instances: HMAC-SHA256 over method, path, time and the SHA-256 of the body.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::keys::InstanceKey;

/// The header that carries the signature: `{Unix seconds}.{64 hexadecimal digits}`.
pub const HEADER: &str = "x-onboard-signature";
/// How many seconds before and after its time a signature is valid: the clock skew that is tolerated.
const VALID_FOR_S: i64 = 60;

/// The signed parts of a request.
pub struct SignedRequest<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path, with its query if there is one.
    pub path: &'a str,
    /// The whole body.
    pub body: &'a [u8],
}

impl SignedRequest<'_> {
    fn message(&self, at: i64) -> Vec<u8> {
        format!("{}\n{}\n{at}\n{}", self.method, self.path, hex::encode(Sha256::digest(self.body))).into_bytes()
    }

    /// The header's value.
    pub fn sign(&self, key: &InstanceKey, now: Timestamp) -> String {
        let at = now.as_second();
        format!("{at}.{}", hex::encode(key.sign(&self.message(at))))
    }

    /// Whether `header` was made with `key` for this request, and is valid at `now`.
    pub fn verify(&self, header: &SignatureHeader, key: &InstanceKey, now: Timestamp) -> bool {
        header.is_current(now) && key.verify(&self.message(header.at), &header.signature)
    }
}

/// The value of a signature header, not verified yet.
pub struct SignatureHeader {
    at: i64,
    signature: [u8; 32],
}

impl SignatureHeader {
    /// Parses the header's value; none where it has another form.
    pub fn parse(header: &str) -> Option<Self> {
        let (at, digits) = header.split_once('.')?;
        let mut signature = [0; 32];
        hex::decode_to_slice(digits, &mut signature).ok()?;
        Some(Self { at: at.parse().ok()?, signature })
    }

    /// Whether its time is within the tolerated clock skew.
    pub fn is_current(&self, now: Timestamp) -> bool {
        now.as_second().abs_diff(self.at) <= VALID_FOR_S.unsigned_abs()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys::Keys;

    const REQUEST: SignedRequest<'static> = SignedRequest { method: "POST", path: "/@connections/1", body: b"{}" };

    fn key(secret: &str) -> InstanceKey {
        Keys::from_secret(secret).instances
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn signature_verifies_only_the_signed_request() {
        let header = REQUEST.sign(&key("a"), at(1_000));
        let parsed = SignatureHeader::parse(&header).unwrap();
        assert!(REQUEST.verify(&parsed, &key("a"), at(1_000)));
        assert!(!REQUEST.verify(&parsed, &key("b"), at(1_000)));
        for other in [
            SignedRequest { method: "DELETE", ..REQUEST },
            SignedRequest { path: "/@connections/2", ..REQUEST },
            SignedRequest { body: b"{ }", ..REQUEST },
        ] {
            assert!(!other.verify(&parsed, &key("a"), at(1_000)));
        }
        // The time is signed as well.
        let later = SignatureHeader::parse(&header.replacen("1000.", "1001.", 1)).unwrap();
        assert!(!REQUEST.verify(&later, &key("a"), at(1_000)));
    }

    #[test]
    fn signature_is_valid_for_a_minute() {
        let parsed = SignatureHeader::parse(&REQUEST.sign(&key("a"), at(1_000))).unwrap();
        for (now, holds) in [(939, false), (940, true), (1_060, true), (1_061, false)] {
            assert_eq!(REQUEST.verify(&parsed, &key("a"), at(now)), holds, "{now}");
        }
        let far = SignatureHeader { at: i64::MIN, ..parsed };
        assert!(!far.is_current(at(1_000)));
    }

    proptest! {
        #[test]
        fn no_other_header_verifies(at_byte in 0_usize..69, other in "[ -~]") {
            let header = REQUEST.sign(&key("a"), at(1_000));
            let mut changed = header.clone();
            changed.replace_range(at_byte..=at_byte, &other);
            let same = changed.eq_ignore_ascii_case(&header) || changed.replacen('+', "", 1) == header;
            let verifies = SignatureHeader::parse(&changed)
                .is_some_and(|parsed| REQUEST.verify(&parsed, &key("a"), at(1_000)));
            prop_assert_eq!(verifies, same, "{}", changed);
        }

        #[test]
        fn any_header_is_parsed_or_rejected(header in ".{0,80}") {
            let verifies =
                SignatureHeader::parse(&header).is_some_and(|parsed| REQUEST.verify(&parsed, &key("a"), at(1_000)));
            prop_assert!(!verifies);
        }
    }

    #[test]
    fn malformed_header_is_rejected() {
        let header = REQUEST.sign(&key("a"), at(1_000));
        let long = format!("{header}0");
        for other in ["", ".", "1000", "1000.", &header[..header.len() - 1], &long, &header.replace("1000", "x")] {
            assert!(SignatureHeader::parse(other).is_none(), "{other}");
        }
        assert!(SignatureHeader::parse(&format!("1000.{}", "+f".repeat(32))).is_none());
        assert!(SignatureHeader::parse(&format!("1000.{}", "é".repeat(32))).is_none());
    }
}
