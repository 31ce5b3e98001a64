//! Numbers by the numbering plans of all countries, as libphonenumber publishes them.

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, Region, ValidationError,
};

use super::{DIGITS, NumberFault, has_calling_code};
use crate::country::Country;

/// Reads a number of digits and perhaps a plus in front. A number whose length no plan has is refused; a number of a
/// range that is not assigned yet is accepted, since plans grow faster than their copies.
pub(super) fn read(bare: &str, country: Option<&Country>) -> Result<String, NumberFault> {
    let region = country.and_then(|country| Region::from_code(country.alpha2).ok());
    let as_typed = possible(bare, region);
    let Some(rest) = bare.strip_prefix("00") else { return as_typed.map(|(written, _)| written) };
    // Not every country dials 00 for other countries, but people write it everywhere for the plus. In some countries
    // the same digits call another number, by way of a carrier.
    let with_plus = possible(&format!("+{rest}"), region);
    let in_use = |read: &Result<(String, bool), NumberFault>| read.as_ref().is_ok_and(|(_, in_use)| *in_use);
    let read = if !in_use(&with_plus) && in_use(&as_typed) { as_typed } else { with_plus };
    read.map(|(written, _)| written)
}

/// The number in E.164, and whether its range is assigned.
fn possible(bare: &str, region: Option<Region>) -> Result<(String, bool), NumberFault> {
    let number = PHONE_NUMBER_UTIL.parse(bare, region).map_err(|error| match error {
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn => NumberFault::TooShort,
        ParseError::TooLongNsn => NumberFault::TooLong,
        ParseError::InvalidCountryCode | ParseError::NotANumber(_) => NumberFault::Unknown,
    })?;
    match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) {
        Ok(NumberLengthType::IsPossible) => {}
        Ok(NumberLengthType::IsPossibleLocalOnly) | Err(ValidationError::TooShort) => {
            return Err(NumberFault::TooShort);
        }
        Err(ValidationError::TooLong) => return Err(NumberFault::TooLong),
        Err(ValidationError::InvalidLength) => return Err(NumberFault::Length),
        Err(ValidationError::InvalidCountryCode) => return Err(NumberFault::Unknown),
    }
    let written = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned();
    let digits = written.strip_prefix('+').filter(|digits| DIGITS.contains(&digits.len())).unwrap_or_default();
    let national = digits.strip_prefix(number.country_code.to_string().as_str()).ok_or(NumberFault::Unknown)?;
    let in_use = PHONE_NUMBER_UTIL.is_valid_number(&number);
    // The number read must be the one that was typed: its digits end the typed ones. Where a plan changes digits in
    // between (Argentina's `15` for mobile numbers becomes a 9 in front), the result must be in use.
    let is_that = bare.ends_with(national) || in_use;
    if !has_calling_code(digits) || !dialled_in_north_america(&number, national) || !is_that {
        return Err(NumberFault::Unknown);
    }
    Ok((written, in_use))
}

/// No area code of the North American plan begins with 0 or 1. Its copy in libphonenumber judges lengths alone.
fn dialled_in_north_america(number: &PhoneNumber, national: &str) -> bool {
    number.country_code != 1 || !national.starts_with(['0', '1'])
}
