//! Document fields as the applicant corrects them: one rule for each field, normalised to the spelling that readers
//! use.

#[cfg(test)]
mod tests;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::applicant::{birth_date, calendar_date, limits};
use crate::country;
use crate::date::{NO_EXPIRY, never_expires};
use crate::document::{DocumentKind, FieldName, Proof};
use crate::field_error::FieldError;
use crate::invisible::without_invisible;
use crate::text::{clean, clean_name, in_addresses, in_names};

/// The most characters of a document number.
pub const DOCUMENT_NUMBER: usize = 20;

/// The most characters of a document type (ICAO 9303-3, section 4.4).
pub const DOCUMENT_TYPE: usize = 2;

/// The most characters of a licence's categories: all that exist, with the spaces between them.
pub const CATEGORIES: usize = 60;

/// The most characters of a country as typed: its longest name.
pub const COUNTRY: usize = 60;

/// The most years since a document was issued, or since it expired.
pub const YEARS_BACK: i32 = 100;

/// The most years until a document expires. Licences that are valid for life are the longest.
pub const YEARS_AHEAD: i32 = 60;

/// The most characters of a field, for forms (`maxlength`) and for the rules here; 0 where it cannot be typed.
pub const fn max_length(name: FieldName) -> usize {
    match name {
        FieldName::GivenNames | FieldName::FamilyName => limits::NAME,
        // May name two people.
        FieldName::FullName => 2 * limits::NAME,
        FieldName::DateOfBirth | FieldName::ExpiryDate | FieldName::IssueDate => limits::DATE,
        FieldName::DocumentNumber => DOCUMENT_NUMBER,
        FieldName::DocumentType => DOCUMENT_TYPE,
        FieldName::IssuingCountry | FieldName::Nationality => COUNTRY,
        FieldName::Sex => 1,
        FieldName::Issuer => limits::ADDRESS_LINE,
        FieldName::Address => 2 * limits::ADDRESS_LINE + 2 * limits::PLACE,
        FieldName::PlaceOfBirth | FieldName::IssuingAuthority => limits::PLACE,
        FieldName::PersonalNumber => DOCUMENT_NUMBER,
        FieldName::Categories => CATEGORIES,
        FieldName::Mrz => 0,
    }
}

/// Whether a document of this kind can have the field.
pub const fn belongs(kind: DocumentKind, name: FieldName) -> bool {
    match name {
        FieldName::Address | FieldName::IssueDate => true,
        FieldName::FullName | FieldName::Issuer => matches!(kind.proves(), Proof::Address),
        FieldName::Mrz => kind.has_mrz(),
        FieldName::PlaceOfBirth | FieldName::IssuingAuthority | FieldName::PersonalNumber => {
            matches!(kind.proves(), Proof::Identity)
        }
        FieldName::Categories => matches!(kind, DocumentKind::DrivingLicence),
        _ => matches!(kind.proves(), Proof::Identity),
    }
}

/// Parses the value that the applicant typed or confirmed for a document's field into the spelling of readers:
/// dates `YYYY-MM-DD`; countries by their code in documents (a two-letter code and an English name are taken, too);
/// [`NO_EXPIRY`] for a document that does not expire; document numbers in upper case without spaces; sex `M`, `F` or
/// `X`; texts composed and single-spaced.
///
/// An expired document is not an error here: the identity check decides.
///
/// # Errors
/// `field` is `fields.{name}`. Codes: `required`, `too_long`, `invalid_character`, `invalid`, `in_the_future`,
/// `too_long_ago`, `too_far_ahead`; `not_editable` for the machine-readable zone; `unknown_field` for a field that
/// documents of this kind do not have.
pub fn normalise(kind: DocumentKind, name: FieldName, value: &str, today: Date) -> Result<String, FieldError> {
    let field = Typed { path: format!("fields.{}", name.as_str()), name, value };
    if !belongs(kind, name) {
        let message =
            format!("A {} has no field '{}'. Please leave it out.", kind.label().to_lowercase(), name.label());
        return Err(field.error("unknown_field", message));
    }
    match name {
        FieldName::Mrz => {
            let message =
                "The machine-readable lines cannot be typed. If they were read wrongly, please take a new photo.";
            Err(field.error("not_editable", message))
        }
        FieldName::GivenNames | FieldName::FamilyName => field.person_name(),
        FieldName::FullName => field.text(|c| in_names(c) || matches!(c, '&' | '+')),
        FieldName::Issuer | FieldName::Address | FieldName::PlaceOfBirth | FieldName::IssuingAuthority => {
            field.text(in_addresses)
        }
        FieldName::Categories => field.text(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | ',' | '/' | '-')),
        FieldName::DateOfBirth => birth_date(&field.path, value, today).map(|date| date.to_string()),
        FieldName::ExpiryDate => field.expiry(today),
        FieldName::IssueDate => field.issue(today),
        FieldName::DocumentNumber | FieldName::PersonalNumber => field.document_number(),
        FieldName::DocumentType => field.document_type(),
        FieldName::IssuingCountry | FieldName::Nationality => field.country(),
        FieldName::Sex => field.sex(),
    }
}

/// The input for one field.
struct Typed<'a> {
    path: String,
    name: FieldName,
    value: &'a str,
}

impl Typed<'_> {
    fn error(&self, code: &str, message: impl Into<String>) -> FieldError {
        FieldError::new(&self.path, code, message)
    }

    fn invalid(&self, message: impl Into<String>) -> FieldError {
        self.error("invalid", message)
    }

    /// The name of the field at the beginning of a sentence.
    fn what(&self) -> String {
        format!("The field '{}'", self.name.label())
    }

    fn text(&self, allowed: fn(char) -> bool) -> Result<String, FieldError> {
        let max = max_length(self.name);
        clean(self.value, max, allowed).map_err(|fault| fault.explain(&self.path, &self.what(), max))
    }

    fn person_name(&self) -> Result<String, FieldError> {
        let max = max_length(self.name);
        clean_name(self.value, max).map_err(|fault| fault.explain(&self.path, &self.what(), max))
    }

    fn document_number(&self) -> Result<String, FieldError> {
        // Some documents print it in groups; the spaces are not part of it.
        let bare: String =
            without_invisible(self.value).chars().filter(|c| *c != ' ').take(DOCUMENT_NUMBER + 1).collect();
        let typed = Typed { path: self.path.clone(), name: self.name, value: &bare };
        let number =
            typed.text(|c| c.is_ascii_alphanumeric() || c == '-').map_err(|error| match error.code.as_str() {
                "invalid_character" => {
                    let what = if self.name == FieldName::PersonalNumber { "personal" } else { "document" };
                    let message = format!("A {what} number has the letters A to Z, digits and hyphens only.");
                    self.error("invalid_character", message)
                }
                _ => error,
            })?;
        Ok(number.to_ascii_uppercase())
    }

    fn document_type(&self) -> Result<String, FieldError> {
        let code = self.text(|c| c.is_ascii_alphabetic()).map_err(|error| match error.code.as_str() {
            "required" => error,
            _ => self.invalid("A document type is a code of one or two letters, like P for a passport."),
        })?;
        Ok(code.to_ascii_uppercase())
    }

    fn country(&self) -> Result<String, FieldError> {
        let typed = self.text(in_addresses)?;
        let code = country::document_state(&typed).map(|state| state.code).or_else(|| {
            let country = country::by_alpha2(&typed).or_else(|| country::by_name(&typed))?;
            // German documents have the one letter (ICAO 9303-3, section 5, note).
            Some(if country.alpha3 == "DEU" { "D" } else { country.alpha3 })
        });
        code.map(str::to_owned).ok_or_else(|| {
            self.invalid("This is not a country that we know. Please give its code as on the document, like NOR.")
        })
    }

    fn sex(&self) -> Result<String, FieldError> {
        match without_invisible(self.value).trim() {
            "" => Err(self.error("required", format!("{} is missing. Please fill it in.", self.what()))),
            "M" | "m" => Ok("M".to_owned()),
            "F" | "f" => Ok("F".to_owned()),
            "X" | "x" => Ok("X".to_owned()),
            _ => Err(self.invalid("Please give M, F or X, as on the document.")),
        }
    }

    fn expiry(&self, today: Date) -> Result<String, FieldError> {
        let date = calendar_date(&self.path, "The expiry date", self.value)?;
        // Spanish identity cards of elderly people print the year 9999, for instance.
        if never_expires(date) {
            return Ok(NO_EXPIRY.to_string());
        }
        let latest = today.checked_add(YEARS_AHEAD.years()).unwrap_or(Date::MAX);
        if date > latest {
            let message = format!("The expiry date is more than {YEARS_AHEAD} years ahead. Please check the year.");
            return Err(self.error("too_far_ahead", message));
        }
        self.not_ancient(date, "The expiry date", today)
    }

    fn issue(&self, today: Date) -> Result<String, FieldError> {
        let date = calendar_date(&self.path, "The issue date", self.value)?;
        if date > today {
            let message = "The issue date is in the future. Please check it against the document.";
            return Err(self.error("in_the_future", message));
        }
        self.not_ancient(date, "The issue date", today)
    }

    fn not_ancient(&self, date: Date, what: &str, today: Date) -> Result<String, FieldError> {
        if date < today.checked_sub(YEARS_BACK.years()).unwrap_or(Date::MIN) {
            let message = format!("{what} is more than {YEARS_BACK} years ago. Please check the year.");
            return Err(self.error("too_long_ago", message));
        }
        Ok(date.to_string())
    }
}
