//! Deliverable e-mail addresses (RFC 5321 and 6531, without quoted local parts and address literals).

use super::limits;
use crate::field_error::FieldError;
use crate::text::{in_names, is_mark, tidy};

const FIELD: &str = "email";

/// The longest local part (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL: usize = 64;

/// Parses an address. The domain is returned in lower case and in the letters of its language (`bücher.de`), the local
/// part as typed, since its case may matter to the mail host. Both may have letters of any script (RFC 6531).
pub(super) fn parse(typed: &str) -> Result<String, FieldError> {
    let too_long = || {
        let message = format!("Your e-mail address is too long. Please use {} characters or fewer.", limits::EMAIL);
        FieldError::new(FIELD, "too_long", message)
    };
    // Checked first, so that a value of megabytes costs nothing.
    if typed.len() > limits::EMAIL * 4 {
        return Err(too_long());
    }
    let typed = tidy(typed);
    if typed.is_empty() {
        return Err(FieldError::new(FIELD, "required", "Your e-mail address is missing. Please fill it in."));
    }
    if typed.len() > limits::EMAIL {
        return Err(too_long());
    }
    let invalid = || {
        let message = "This is not an e-mail address that we can write to. Please give one like name@example.org.";
        FieldError::new(FIELD, "invalid", message)
    };
    let (local, domain) = typed.rsplit_once('@').ok_or_else(invalid)?;
    // Full stops of Chinese and Japanese keyboards.
    let domain = domain.replace(['。', '｡'], ".");
    if !is_local(local) || !is_domain(&domain) {
        return Err(invalid());
    }
    let (readable, ascii) = names_of_host(&domain).ok_or_else(invalid)?;
    // The limits are those of the transport, which sends the domain in ASCII.
    if !is_host(&ascii) {
        return Err(invalid());
    }
    let lengths = [&readable, &ascii].map(|domain| local.len() + 1 + domain.len());
    if lengths.into_iter().any(|length| length > limits::EMAIL) {
        Err(too_long())
    } else {
        Ok(format!("{local}@{readable}"))
    }
}

/// The domain in the letters of its language, and in ASCII (RFC 5890 to 5893, by UTS 46).
#[cfg(feature = "full-validation")]
fn names_of_host(domain: &str) -> Option<(String, String)> {
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let (readable, result) = idna::domain_to_unicode(&ascii);
    result.is_ok().then_some((readable, ascii))
}

/// The browser leaves the letters of other scripts to the server.
#[cfg(not(feature = "full-validation"))]
fn names_of_host(domain: &str) -> Option<(String, String)> {
    let ascii = if domain.is_ascii() { domain.to_ascii_lowercase() } else { "example.org".to_owned() };
    Some((domain.to_owned(), ascii))
}

/// A dot-atom of RFC 5322, section 3.2.3, or one with letters of other scripts (RFC 6532, section 3.2).
fn is_local(local: &str) -> bool {
    let atom = |c: char| is_letter_or_digit(c) || "!#$%&'*+-/=?^_`{|}~".contains(c);
    local.len() <= MAX_LOCAL && local.split('.').all(|part| !part.is_empty() && part.chars().all(atom))
}

fn is_letter_or_digit(c: char) -> bool {
    c.is_ascii_alphanumeric() || (!c.is_ascii() && (in_names(c) && c.is_alphanumeric() || is_mark(c)))
}

/// Labels of letters, digits and hyphens of any script; the last one is a name, not a number.
fn is_domain(domain: &str) -> bool {
    let label = |part: &str| !part.is_empty() && part.chars().all(|c| is_letter_or_digit(c) || c == '-');
    domain.contains('.') && domain.split('.').all(label)
}

/// A host name of at least two labels (RFC 1123, section 2.1) in ASCII, whose last one is a name, not a number.
fn is_host(domain: &str) -> bool {
    let label = |part: &str| (1..=63).contains(&part.len()) && !part.starts_with('-') && !part.ends_with('-');
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.split('.').all(label) && top.len() >= 2 && !top.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn valid_email_addresses_pass() {
        for (typed, wanted) in [
            ("ingrid@example.org", "ingrid@example.org"),
            (" Ingrid.Brandvold+cover@EXAMPLE.Org ", "Ingrid.Brandvold+cover@example.org"),
            ("o'brien@mail.example.co.uk", "o'brien@mail.example.co.uk"),
            ("x@xn--blbr-roah.no", "x@blåbær.no"),
            ("x@BÜCHER.de", "x@bücher.de"),
            ("x@bu\u{308}cher.de", "x@bücher.de"),
            ("почта@пример.рф", "почта@пример.рф"),
            ("用户@例子。中国", "用户@例子.中国"),
            ("å@example.org", "å@example.org"),
            ("संपर्क@डाटामेल.भारत", "संपर्क@डाटामेल.भारत"),
            ("a＠example.org", "a@example.org"),
            ("1@2.example", "1@2.example"),
        ] {
            assert_eq!(parse(typed).as_deref(), Ok(wanted));
        }
    }

    #[test]
    fn undeliverable_email_addresses_are_refused() {
        for typed in [
            "ingrid",
            "@example.org",
            "ingrid@",
            "ingrid@localhost",
            "a@b@c.org",
            "a..b@example.org",
            ".a@example.org",
            "a.@example.org",
            "a@-x.org",
            "a@x-.org",
            "a@x..org",
            "a@.org",
            "a@127.0.0.1",
            "a b@example.org",
            "a@exa mple.org",
            "a@example.org\nbcc: x@y.org",
            "a\0@example.org",
            "<a@example.org>",
            "😀@example.org",
            "a@xn--.de",
            "a@xn--a-ecp.ru",
            "a@-bücher.de",
            "a@bü_cher.de",
            "a@example.org.",
            "\"a\"@example.org",
            "a@example.o",
            "a@b😀.org",
        ] {
            assert_eq!(parse(typed).unwrap_err().code, "invalid", "{typed:?}");
        }
    }

    #[test]
    fn email_length_limits_hold_on_both_sides() {
        let local = "a".repeat(64);
        assert!(parse(&format!("{local}@example.org")).is_ok());
        assert_eq!(parse(&format!("{local}a@example.org")).unwrap_err().code, "invalid");
        let label = "b".repeat(63);
        // 64 + 1 + 63 + 1 + 63 + 1 + 57 + 4 = 254
        let longest = format!("{local}@{label}.{label}.{}.org", "c".repeat(57));
        assert_eq!(longest.len(), limits::EMAIL);
        assert!(parse(&longest).is_ok());
        assert_eq!(parse(&format!("{longest}a")).unwrap_err().code, "too_long");
        assert_eq!(parse("  ").unwrap_err().code, "required");
    }
}
