//! What instances say to each other is signed: HMAC-SHA256 over method, path, time and the body's SHA-256.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::hex;
use crate::keys::InstanceKey;

/// The header that carries it: `{Unix seconds}.{64 hexadecimal digits}`.
pub const HEADER: &str = "x-onboard-signature";
/// For how long either side of its time a signature holds, in seconds: what clocks may differ by.
const HOLDS: i64 = 60;

/// A request, as far as it is signed.
pub struct Signed<'a> {
    /// In capitals.
    pub method: &'a str,
    /// From `/@connections` on, with the query where there is one.
    pub path: &'a str,
    /// All of it.
    pub body: &'a [u8],
}

impl Signed<'_> {
    fn message(&self, at: i64) -> Vec<u8> {
        format!("{}\n{}\n{at}\n{}", self.method, self.path, hex::encode(&Sha256::digest(self.body))).into_bytes()
    }

    /// The header's value.
    pub fn sign(&self, key: &InstanceKey, now: Timestamp) -> String {
        let at = now.as_second();
        format!("{at}.{}", hex::encode(&key.sign(&self.message(at))))
    }

    /// Whether `claim` was made with `key` for this request, about now.
    pub fn bears(&self, claim: &Claim, key: &InstanceKey, now: Timestamp) -> bool {
        claim.is_of(now) && key.verify(&self.message(claim.at), &claim.signature)
    }
}

/// What a header says; true or not.
pub struct Claim {
    at: i64,
    signature: [u8; 32],
}

impl Claim {
    /// From the header's value; none where it has another form.
    pub fn parse(header: &str) -> Option<Self> {
        let (at, digits) = header.split_once('.')?;
        if digits.len() != 64 {
            return None;
        }
        let digits: Option<Vec<u32>> = digits.chars().map(|digit| digit.to_digit(16)).collect();
        let mut signature = [0; 32];
        for (byte, pair) in signature.iter_mut().zip(digits?.as_chunks::<2>().0) {
            *byte = u8::try_from(pair[0] * 16 + pair[1]).ok()?;
        }
        Some(Self { at: at.parse().ok()?, signature })
    }

    /// Whether it is neither too old nor of the future.
    pub fn is_of(&self, now: Timestamp) -> bool {
        now.as_second().abs_diff(self.at) <= HOLDS.unsigned_abs()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::keys::Keys;

    const REQUEST: Signed<'static> = Signed { method: "POST", path: "/@connections/1", body: b"{}" };

    fn key(secret: &str) -> InstanceKey {
        Keys::from_secret(secret).instances
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn it_holds_for_the_request_that_was_signed_only() {
        let header = REQUEST.sign(&key("a"), at(1_000));
        let claim = Claim::parse(&header).unwrap();
        assert!(REQUEST.bears(&claim, &key("a"), at(1_000)));
        assert!(!REQUEST.bears(&claim, &key("b"), at(1_000)));
        for other in [
            Signed { method: "DELETE", ..REQUEST },
            Signed { path: "/@connections/2", ..REQUEST },
            Signed { body: b"{ }", ..REQUEST },
        ] {
            assert!(!other.bears(&claim, &key("a"), at(1_000)));
        }
        // The time is signed as well.
        let later = Claim::parse(&header.replacen("1000.", "1001.", 1)).unwrap();
        assert!(!REQUEST.bears(&later, &key("a"), at(1_000)));
    }

    #[test]
    fn it_holds_for_a_minute() {
        let claim = Claim::parse(&REQUEST.sign(&key("a"), at(1_000))).unwrap();
        for (now, holds) in [(939, false), (940, true), (1_060, true), (1_061, false)] {
            assert_eq!(REQUEST.bears(&claim, &key("a"), at(now)), holds, "{now}");
        }
        let far = Claim { at: i64::MIN, ..claim };
        assert!(!far.is_of(at(1_000)));
    }

    #[test]
    fn another_form_is_none() {
        let header = REQUEST.sign(&key("a"), at(1_000));
        let long = format!("{header}0");
        for other in ["", ".", "1000", "1000.", &header[..header.len() - 1], &long, &header.replace("1000", "x")] {
            assert!(Claim::parse(other).is_none(), "{other}");
        }
        assert!(Claim::parse(&format!("1000.{}", "+f".repeat(32))).is_none());
        assert!(Claim::parse(&format!("1000.{}", "é".repeat(32))).is_none());
    }
}
