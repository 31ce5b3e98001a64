//! Deliverable e-mail addresses (RFC 5321, without quoted local parts and address literals).

use super::limits;
use crate::field_error::FieldError;
use crate::invisible::without_invisible;

const FIELD: &str = "email";

/// The longest local part (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL: usize = 64;

/// Parses an address. The domain is returned in lower case, the local part as typed, since its case may matter to the
/// mail host.
pub(super) fn parse(typed: &str) -> Result<String, FieldError> {
    let typed = without_invisible(typed);
    let typed = typed.trim_matches(' ');
    if typed.is_empty() {
        return Err(FieldError::new(FIELD, "required", "Your e-mail address is missing. Please fill it in."));
    }
    if typed.len() > limits::EMAIL {
        let message = format!("Your e-mail address is too long. Please use {} characters or fewer.", limits::EMAIL);
        return Err(FieldError::new(FIELD, "too_long", message));
    }
    let invalid = || {
        let message = "This is not an e-mail address that we can write to. Please give one like name@example.org, in \
                       plain letters and digits.";
        FieldError::new(FIELD, "invalid", message)
    };
    let (local, domain) = typed.rsplit_once('@').ok_or_else(invalid)?;
    let domain = domain.to_ascii_lowercase();
    if is_local(local) && is_domain(&domain) { Ok(format!("{local}@{domain}")) } else { Err(invalid()) }
}

/// A dot-atom of RFC 5322, section 3.2.3.
fn is_local(local: &str) -> bool {
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    local.len() <= MAX_LOCAL && local.split('.').all(|part| !part.is_empty() && part.chars().all(atom))
}

/// A host name of at least two labels (RFC 1123, section 2.1) whose last one is a name, not a number.
fn is_domain(domain: &str) -> bool {
    let label = |part: &str| {
        (1..=63).contains(&part.len())
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.') && domain.split('.').all(label) && top.len() >= 2 && !top.bytes().all(|b| b.is_ascii_digit())
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
            ("x@xn--blbr-roah.no", "x@xn--blbr-roah.no"),
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
            "å@example.org",
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
