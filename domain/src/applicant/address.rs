//! Postal addresses.

use super::{keep, limits};
use crate::country::{self, Country};
use crate::event::Address;
use crate::field_error::FieldError;
use crate::invisible::without_invisible;
use crate::text::{TextFault, clean, in_addresses};

/// Parses an address; adds every refused field to `errors`.
pub(super) fn parse(typed: &Address, errors: &mut Vec<FieldError>) -> Option<Address> {
    let line = limits::ADDRESS_LINE;
    let line1 = keep(text("address.line1", "Street and number", &typed.line1, line), errors);
    let line2 = keep(optional("address.line2", "The second address line", typed.line2.as_deref(), line), errors);
    let city = keep(text("address.city", "Town or city", &typed.city, limits::PLACE), errors);
    let region = keep(optional("address.region", "The region", typed.region.as_deref(), limits::PLACE), errors);
    let country = find_country(&typed.country);
    let known = country.as_ref().ok().copied();
    let postal_code = keep(postal_code(&typed.postal_code, known), errors);
    let country = keep(country, errors);
    Some(Address {
        line1: line1?,
        line2: line2?,
        city: city?,
        region: region?,
        postal_code: postal_code?,
        country: country?.alpha2.to_owned(),
    })
}

fn text(field: &str, what: &str, typed: &str, max: usize) -> Result<String, FieldError> {
    clean(typed, max, in_addresses).map_err(|fault| fault.explain(field, what, max))
}

fn optional(field: &str, what: &str, typed: Option<&str>, max: usize) -> Result<Option<String>, FieldError> {
    match clean(typed.unwrap_or_default(), max, in_addresses) {
        Ok(text) => Ok(Some(text)),
        Err(TextFault::Empty) => Ok(None),
        Err(fault) => Err(fault.explain(field, what, max)),
    }
}

fn find_country(typed: &str) -> Result<&'static Country, FieldError> {
    const FIELD: &str = "address.country";
    let typed = without_invisible(typed);
    let typed = typed.trim_matches(' ');
    if typed.is_empty() {
        return Err(FieldError::new(FIELD, "required", "Please choose the country that you live in."));
    }
    country::by_alpha2(typed).ok_or_else(|| {
        let message = "This is not a country that we know. Please choose one from the list, or give its code of two \
                       letters, like NO.";
        FieldError::new(FIELD, "invalid", message)
    })
}

/// A postal code in the form of its country; empty where an address needs none. Where the form is unknown, any plain
/// code.
fn postal_code(typed: &str, country: Option<&Country>) -> Result<String, FieldError> {
    const FIELD: &str = "address.postalCode";
    const MAX: usize = limits::POSTAL_CODE;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let rule = country.and_then(|country| Some((country, country.postal_rule()?)));
    let typed = match clean(typed, MAX, plain) {
        Ok(typed) => typed,
        Err(TextFault::Empty) if rule.is_none_or(|(_, rule)| !rule.required) => return Ok(String::new()),
        Err(fault) => return Err(fault.explain(FIELD, "The postal code", MAX)),
    };
    match rule {
        None => Ok(typed.to_uppercase()),
        Some((country, rule)) => rule.canonical(&typed, country.alpha2).map_err(|_| {
            let message =
                format!("This is not a postal code of {}. Please give one like {}.", country.name, rule.example);
            FieldError::new(FIELD, "invalid", message)
        }),
    }
}
