//! The form of a number, as the browser checks it.

use super::{DIGITS, NumberFault, has_calling_code};
use crate::country::Country;

/// The fewest digits of a national number, without the calling code.
const NATIONAL: usize = 4;

/// Checks a number of digits and perhaps a plus in front. The result is not in E.164: the server reads it.
pub(super) fn read(bare: &str, country: Option<&Country>) -> Result<String, NumberFault> {
    let international = bare.strip_prefix('+').or_else(|| bare.strip_prefix("00"));
    // A trunk prefix may stand after the calling code: `+44 (0)20 ...`.
    let most = DIGITS.end() + 4;
    let (digits, fewest) = match international {
        Some(digits) if !has_calling_code(digits) => return Err(NumberFault::Unknown),
        Some(digits) => (digits, *DIGITS.start()),
        None if country.is_none() => return Err(NumberFault::Unknown),
        None => (bare, NATIONAL),
    };
    match digits.len() {
        length if length < fewest => Err(NumberFault::TooShort),
        length if length > most => Err(NumberFault::TooLong),
        _ => Ok(bare.to_owned()),
    }
}
