//! The applicant: the typed details, parsed once into values that are valid by construction.
//!
//! Parsing does not refuse an applicant who is too young: the identity check rejects with a reason and keeps a record.

mod address;
mod email;
mod phone;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::date::parse_iso;
use crate::event::{Address, UserInfo};
use crate::field_error::FieldError;
use crate::invisible::without_invisible;
use crate::text::{self, clean};

/// The most characters of each field, for forms (`maxlength`) as for the rules here.
pub mod limits {
    /// E-mail address (RFC 5321, section 4.5.3.1.3, without the angle brackets).
    pub const EMAIL: usize = 254;
    /// First name; and last name.
    pub const NAME: usize = 100;
    /// Date of birth: `YYYY-MM-DD`.
    pub const DATE: usize = 10;
    /// Telephone number as typed, with its spaces. Its digits are at most 15 (ITU-T E.164).
    pub const PHONE: usize = 32;
    /// Each of the two address lines.
    pub const ADDRESS_LINE: usize = 120;
    /// Town or city; and region.
    pub const PLACE: usize = 100;
    /// Postal code.
    pub const POSTAL_CODE: usize = 12;
    /// Country code, ISO 3166-1 alpha-2.
    pub const COUNTRY: usize = 2;
    /// A date of birth lies at most this many years back.
    pub const YEARS_BACK: i32 = 120;
}

/// An applicant whose details passed every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applicant {
    email: String,
    first_name: String,
    last_name: String,
    date_of_birth: Date,
    phone_number: String,
    address: Address,
}

impl Applicant {
    /// Parses and normalises an applicant's details. `today` is the applicant's day: later dates are in the future.
    ///
    /// # Errors
    /// Every field that was refused, in the order of the form. Codes: `required`, `too_long`, `invalid_character`,
    /// `invalid`, `in_the_future`, `too_long_ago`. Messages give the limit and the remedy, never the value.
    pub fn parse(info: &UserInfo, today: Date) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let first_name = keep(name("firstName", "Your first name", &info.first_name), &mut errors);
        let last_name = keep(name("lastName", "Your last name", &info.last_name), &mut errors);
        let email = keep(email::parse(&info.email), &mut errors);
        let date_of_birth = keep(birth_date("dateOfBirth", &info.date_of_birth, today), &mut errors);
        let country = crate::country::by_alpha2(without_invisible(&info.address.country).trim());
        let phone_number = keep(phone::parse(&info.phone_number, country), &mut errors);
        let address = address::parse(&info.address, &mut errors);
        match (email, first_name, last_name, date_of_birth, phone_number, address) {
            (
                Some(email),
                Some(first_name),
                Some(last_name),
                Some(date_of_birth),
                Some(phone_number),
                Some(address),
            ) => Ok(Self { email, first_name, last_name, date_of_birth, phone_number, address }),
            _ => Err(errors),
        }
    }

    /// The normalised details, as event 1 carries them: composed letters, single spaces, e-mail domain in lower case,
    /// E.164 telephone number, canonical postal code. Parsed again they give the same applicant.
    pub fn user_info(&self) -> UserInfo {
        UserInfo {
            email: self.email.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            date_of_birth: self.date_of_birth.to_string(),
            phone_number: self.phone_number.clone(),
            address: self.address.clone(),
        }
    }

    /// The e-mail address, its domain in lower case.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// Given names.
    pub fn first_name(&self) -> &str {
        &self.first_name
    }

    /// Family name.
    pub fn last_name(&self) -> &str {
        &self.last_name
    }

    /// Date of birth: not in the future, at most [`limits::YEARS_BACK`] years ago.
    pub fn date_of_birth(&self) -> Date {
        self.date_of_birth
    }

    /// E.164, for instance `+4712345678`.
    pub fn phone_number(&self) -> &str {
        &self.phone_number
    }

    /// The address; its country is an upper-case ISO 3166-1 alpha-2 code, its postal code in that country's form.
    pub fn address(&self) -> &Address {
        &self.address
    }
}

/// The value; an error is added to `errors`.
fn keep<T>(result: Result<T, FieldError>, errors: &mut Vec<FieldError>) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}

fn name(field: &str, what: &str, typed: &str) -> Result<String, FieldError> {
    clean(typed, limits::NAME, text::in_names).map_err(|fault| match fault {
        text::TextFault::Character => FieldError::new(
            field,
            "invalid_character",
            format!(
                "{what} can have letters of any alphabet, spaces, hyphens, apostrophes and full stops. Please remove \
                 anything else."
            ),
        ),
        other => other.explain(field, what, limits::NAME),
    })
}

/// Parses a date of birth, `YYYY-MM-DD`: a day that exists, not after `today`, not more than 120 years before it.
///
/// # Errors
/// Codes `required`, `invalid`, `in_the_future`, `too_long_ago`.
pub(crate) fn birth_date(field: &str, typed: &str, today: Date) -> Result<Date, FieldError> {
    let date = calendar_date(field, "The date of birth", typed)?;
    let earliest = today.checked_sub(limits::YEARS_BACK.years()).unwrap_or(Date::MIN);
    if date > today {
        Err(FieldError::new(field, "in_the_future", "The date of birth is in the future. Please check the year."))
    } else if date < earliest {
        let message =
            format!("The date of birth is more than {} years ago. Please check the year.", limits::YEARS_BACK);
        Err(FieldError::new(field, "too_long_ago", message))
    } else {
        Ok(date)
    }
}

/// Parses a date of exactly the form `YYYY-MM-DD` that exists in the calendar. `what` begins a sentence.
///
/// # Errors
/// Codes `required`, `invalid`.
pub(crate) fn calendar_date(field: &str, what: &str, typed: &str) -> Result<Date, FieldError> {
    let typed = without_invisible(typed);
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(FieldError::new(field, "required", format!("{what} is missing. Please fill it in.")));
    }
    let message = || format!("{what} is not a day in the calendar. Please give year, month and day like 1987-03-14.");
    parse_iso(typed).ok_or_else(|| FieldError::new(field, "invalid", message()))
}

#[cfg(test)]
mod tests;
