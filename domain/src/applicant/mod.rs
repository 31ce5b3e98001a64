//! The applicant: the typed details, parsed once into values that are valid by construction.
//!
//! Parsing does not refuse an applicant who is too young: the identity check rejects with a reason and keeps a record.

mod address;
mod email;
mod phone;

use jiff::civil::Date;

use crate::date::parse_iso;
use crate::event::{Address, UserInfo};
use crate::field_error::FieldError;
use crate::invisible::without_invisible;
use crate::names::FullName;
use crate::text::{TextFault, clean_name};

/// The most characters of each field, for forms (`maxlength`) as for the rules here.
pub mod limits {
    /// E-mail address (RFC 5321, section 4.5.3.1.3, without the angle brackets).
    pub const EMAIL: usize = 254;
    /// First name; and last name. The longest names in travel documents have more than a hundred.
    pub const NAME: usize = 200;
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
    pub const YEARS_BACK: i16 = 120;
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
        let names = names(info, &mut errors);
        let email = keep(email::parse(&info.email), &mut errors);
        let date_of_birth = keep(birth_date("dateOfBirth", &info.date_of_birth, today), &mut errors);
        let country = crate::country::by_alpha2(without_invisible(&info.address.country).trim());
        let phone_number = keep(phone::parse(&info.phone_number, country), &mut errors);
        let address = address::parse(&info.address, &mut errors);
        match (email, names, date_of_birth, phone_number, address) {
            (Some(email), Some((first_name, last_name)), Some(date_of_birth), Some(phone_number), Some(address)) => {
                Ok(Self { email, first_name, last_name, date_of_birth, phone_number, address })
            }
            _ => Err(errors),
        }
    }

    /// The applicant of details that were accepted before, as event 1 and the application keep them. Only the date is
    /// parsed again: a later version of the rules must not stop an application that an earlier one accepted.
    ///
    /// # Errors
    /// The date of birth is no date.
    pub fn accepted(info: &UserInfo) -> Result<Self, FieldError> {
        let UserInfo { email, first_name, last_name, one_name: _, date_of_birth, phone_number, address } = info.clone();
        let date_of_birth = calendar_date("dateOfBirth", "The date of birth", &date_of_birth)?;
        Ok(Self { email, first_name, last_name, date_of_birth, phone_number, address })
    }

    /// The normalised details, as event 1 carries them: composed letters, single spaces, e-mail domain in lower case,
    /// E.164 telephone number, canonical postal code. Parsed again they give the same applicant.
    pub fn user_info(&self) -> UserInfo {
        UserInfo {
            email: self.email.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            one_name: self.has_one_name(),
            date_of_birth: self.date_of_birth.to_string(),
            phone_number: self.phone_number.clone(),
            address: self.address.clone(),
        }
    }

    /// The e-mail address, its domain in lower case.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// Given names; the whole name of a person with one name.
    pub fn first_name(&self) -> &str {
        &self.first_name
    }

    /// Family name; empty for a person with one name.
    pub fn last_name(&self) -> &str {
        &self.last_name
    }

    /// Whether the person has one name, which is neither a given name nor a family name.
    pub fn has_one_name(&self) -> bool {
        self.last_name.is_empty()
    }

    /// The name in its two halves. The only name of a person is in the first one.
    pub fn full_name(&self) -> FullName {
        FullName::new(self.first_name.as_str(), self.last_name.as_str())
    }

    /// The name by which a letter to a household names the person: the family name, or the only name.
    pub fn name_on_letters(&self) -> &str {
        if self.has_one_name() { &self.first_name } else { &self.last_name }
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

/// First and last name. The only name of a person becomes the first name, in whichever field it was given.
fn names(info: &UserInfo, errors: &mut Vec<FieldError>) -> Option<(String, String)> {
    let is_empty = |text: &str| without_invisible(text).trim().is_empty();
    let (first, last) = (info.first_name.as_str(), info.last_name.as_str());
    if !info.one_name {
        let first = keep(name("firstName", "Your first name", first), errors);
        let last = keep(name("lastName", "Your last name", last), errors);
        return Some((first?, last?));
    }
    match (is_empty(first), is_empty(last)) {
        (false, false) => {
            let message = "You told us that you have only one name. Please leave one of the two fields empty, or tell \
                           us that you have more than one name.";
            errors.push(FieldError::new("lastName", "invalid", message));
            None
        }
        (true, false) => Some((keep(name("lastName", "Your name", last), errors)?, String::new())),
        _ => Some((keep(name("firstName", "Your name", first), errors)?, String::new())),
    }
}

fn name(field: &str, what: &str, typed: &str) -> Result<String, FieldError> {
    clean_name(typed, limits::NAME).map_err(|fault| match fault {
        TextFault::Character => FieldError::new(
            field,
            "invalid_character",
            format!(
                "{what} can have letters of any alphabet, spaces, hyphens, apostrophes, full stops, commas, slashes, @, \
                 and a figure on its own. Please remove anything else."
            ),
        ),
        TextFault::Empty if field == "lastName" => FieldError::new(
            field,
            "required",
            format!("{what} is missing. Please fill it in, or tell us that you have only one name."),
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
    // The same day of that year. Compared by its parts, because jiff's arithmetic is large in the browser.
    let earliest = (today.year() - limits::YEARS_BACK, today.month(), today.day());
    if date > today {
        Err(FieldError::new(field, "in_the_future", "The date of birth is in the future. Please check the year."))
    } else if (date.year(), date.month(), date.day()) < earliest {
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
