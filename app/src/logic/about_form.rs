//! The first form: its fields, what the applicant typed so far, and what that says.

use std::collections::BTreeMap;

use domain::api::FieldError;
use domain::event::{Address, UserInfo};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One input of the form. The date of birth has three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names say it
pub enum AboutField {
    FirstName,
    LastName,
    Day,
    Month,
    Year,
    Email,
    Phone,
    Country,
    Line1,
    Line2,
    City,
    Region,
    PostalCode,
}

use AboutField::{
    City, Country, Day, Email, FirstName, LastName, Line1, Line2, Month, Phone, PostalCode, Region, Year,
};

/// What the applicant typed, field by field, untouched.
pub type AboutDraft = BTreeMap<AboutField, String>;

impl AboutField {
    /// All inputs, in the order of the form.
    pub const ALL: [Self; 13] =
        [FirstName, LastName, Day, Month, Year, Email, Phone, Country, Line1, Line2, City, Region, PostalCode];

    /// The field of the request that the input belongs to, as errors name it.
    pub const fn path(self) -> &'static str {
        match self {
            FirstName => "firstName",
            LastName => "lastName",
            Day | Month | Year => "dateOfBirth",
            Email => "email",
            Phone => "phoneNumber",
            Country => "address.country",
            Line1 => "address.line1",
            Line2 => "address.line2",
            City => "address.city",
            Region => "address.region",
            PostalCode => "address.postalCode",
        }
    }

    /// The id of its element, and its name in the form.
    pub const fn id(self) -> &'static str {
        match self {
            FirstName => "first-name",
            LastName => "last-name",
            Day => "birth-day",
            Month => "birth-month",
            Year => "birth-year",
            Email => "email",
            Phone => "phone-number",
            Country => "country",
            Line1 => "address-line1",
            Line2 => "address-line2",
            City => "city",
            Region => "region",
            PostalCode => "postal-code",
        }
    }

    /// What stands above it.
    pub const fn label(self) -> &'static str {
        match self {
            FirstName => "First names",
            LastName => "Last name",
            Day => "Day",
            Month => "Month",
            Year => "Year",
            Email => "E-mail address",
            Phone => "Phone number",
            Country => "Country",
            Line1 => "Street and number",
            Line2 => "Flat, floor or building (optional)",
            City => "Town or city",
            Region => "State, county or province (optional)",
            PostalCode => "Postal code",
        }
    }

    /// What helps before an error is made; empty where the label says all.
    pub const fn hint(self) -> &'static str {
        match self {
            FirstName => "All of them, as on your passport, identity card or driving licence.",
            Email => "We write to you here when something needs you.",
            Phone => "With the country code, for instance +45 32 12 34 56.",
            PostalCode => "If there is one.",
            _ => "",
        }
    }

    /// The `autocomplete` token, so that the device can fill it in.
    pub const fn autocomplete(self) -> &'static str {
        match self {
            FirstName => "given-name",
            LastName => "family-name",
            Day => "bday-day",
            Month => "bday-month",
            Year => "bday-year",
            Email => "email",
            Phone => "tel",
            Country => "country",
            Line1 => "address-line1",
            Line2 => "address-line2",
            City => "address-level2",
            Region => "address-level1",
            PostalCode => "postal-code",
        }
    }

    /// The `type` of the input.
    pub const fn kind(self) -> &'static str {
        match self {
            Email => "email",
            Phone => "tel",
            _ => "text",
        }
    }

    /// The `inputmode`, so that a phone shows the right keyboard.
    pub const fn input_mode(self) -> &'static str {
        match self {
            Day | Month | Year => "numeric",
            Email => "email",
            Phone => "tel",
            _ => "text",
        }
    }

    /// How wide the input is: the width tells how much is expected.
    pub const fn width(self) -> &'static str {
        match self {
            Day | Month => "input input-2",
            Year => "input input-4",
            PostalCode => "input input-10",
            Phone => "input input-20",
            _ => "input",
        }
    }
}

/// The request that a draft makes. Empty optional fields are left out.
pub fn user_info(draft: &AboutDraft) -> UserInfo {
    let text = |field: AboutField| draft.get(&field).map(|text| text.trim().to_owned()).unwrap_or_default();
    let optional = |field| Some(text(field)).filter(|text| !text.is_empty());
    UserInfo {
        email: text(Email),
        first_name: text(FirstName),
        last_name: text(LastName),
        date_of_birth: birth_date(&text(Year), &text(Month), &text(Day)),
        phone_number: text(Phone),
        address: Address {
            line1: text(Line1),
            line2: optional(Line2),
            city: text(City),
            region: optional(Region),
            postal_code: text(PostalCode),
            country: text(Country),
        },
    }
}

/// `YYYY-MM-DD`, or nothing where nothing was typed. What is incomplete stays so, and is refused.
fn birth_date(year: &str, month: &str, day: &str) -> String {
    if year.is_empty() && month.is_empty() && day.is_empty() {
        return String::new();
    }
    format!("{year}-{month:0>2}-{day:0>2}")
}

/// Judges a draft by the rules of the server, which are the domain's. `today` is the applicant's day.
pub fn judge(draft: &AboutDraft, today: Date) -> Vec<FieldError> {
    let mut errors = domain::applicant::Applicant::parse(&user_info(draft), today).err().unwrap_or_default();
    for error in errors.iter_mut().filter(|error| error.field == Day.path() && error.code == "invalid") {
        // The domain speaks of `YYYY-MM-DD`; this form has three inputs.
        error.message = "Enter your date of birth as day, month and year, for instance 14 3 1987.".to_owned();
    }
    in_form_order(&mut errors);
    errors
}

/// Sorts errors by the places of their fields in the form; those of no field of it come last.
pub fn in_form_order(errors: &mut [FieldError]) {
    let place = |error: &FieldError| AboutField::ALL.iter().position(|field| field.path() == error.field);
    errors.sort_by_key(|error| place(error).unwrap_or(usize::MAX));
}

/// Where a link to an error leads: the first input of its field.
pub fn input_of(path: &str) -> Option<&'static str> {
    AboutField::ALL.into_iter().find(|field| field.path() == path).map(AboutField::id)
}

/// Countries for the list, `(alpha-2, name)`, by name.
pub fn countries() -> Vec<(&'static str, &'static str)> {
    let mut countries: Vec<_> = domain::country::all().iter().map(|country| (country.alpha2, country.name)).collect();
    countries.sort_by_key(|(_, name)| *name);
    countries
}

/// What people call the country of an alpha-2 code; the code itself where it is none.
pub fn country_name(alpha2: &str) -> String {
    domain::country::by_alpha2(alpha2).map_or_else(|| alpha2.to_owned(), |country| country.name.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn filled() -> AboutDraft {
        [
            (FirstName, " Ingrid "),
            (LastName, "Brandvold"),
            (Day, "4"),
            (Month, "3"),
            (Year, "1987"),
            (Email, "ingrid@example.org"),
            (Phone, "+47 22 12 34 56"),
            (Country, "NO"),
            (Line1, "Storgata 1"),
            (Line2, "  "),
            (City, "Oslo"),
            (PostalCode, "0155"),
        ]
        .into_iter()
        .map(|(field, text)| (field, text.to_owned()))
        .collect()
    }

    fn today() -> Date {
        jiff::civil::date(2026, 3, 1)
    }

    #[test]
    fn a_draft_becomes_the_request() {
        let info = user_info(&filled());
        assert_eq!(info.first_name, "Ingrid");
        assert_eq!(info.date_of_birth, "1987-03-04");
        assert_eq!(info.address.line2, None);
        assert_eq!(info.address.country, "NO");
        assert_eq!(judge(&filled(), today()), vec![]);
    }

    #[test]
    fn an_empty_draft_is_refused_field_by_field_and_every_error_finds_its_input() {
        let errors = judge(&AboutDraft::new(), today());
        for path in ["firstName", "lastName", "dateOfBirth", "email", "phoneNumber", "address.line1", "address.country"]
        {
            assert!(errors.iter().any(|error| error.field == path), "{path}");
        }
        let inputs: Vec<_> = errors.iter().map(|error| input_of(&error.field).unwrap()).collect();
        let places = inputs.iter().map(|input| AboutField::ALL.iter().position(|field| field.id() == *input));
        assert!(places.is_sorted(), "{inputs:?}");
    }

    #[test]
    fn a_half_typed_date_is_not_taken_for_an_empty_one() {
        let mut draft = filled();
        draft.insert(Year, String::new());
        let errors = judge(&draft, today());
        assert_eq!(errors.len(), 1);
        assert_eq!((errors[0].field.as_str(), errors[0].code.as_str()), ("dateOfBirth", "invalid"));
        assert!(errors[0].message.contains("day, month and year"));
    }

    #[test]
    fn countries_are_listed_by_name() {
        let names: Vec<_> = countries().into_iter().map(|(_, name)| name).collect();
        assert!(names.is_sorted());
        assert_eq!(country_name("NO"), "Norway");
        assert_eq!(country_name("QQ"), "QQ");
    }
}
